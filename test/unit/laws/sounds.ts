import { createHash } from 'node:crypto'
import {
  type ContentId,
  createFrameReader,
  DECODED_RATE_HZ,
  type FileId,
  type Naming,
  parseAudioFileName,
  type SampleSpan,
  type SegmentId,
  type Uid,
} from '../../../src/kernel/index.ts'
import type { FileDecoder, VoiceDetector } from '../../../src/ports/index.ts'
import { toBody } from '../../support/audio.ts'
import { toneName } from '../../support/tones.ts'

/**
 * Audio by name: the body says which recording it is and the decoder hands out samples made once, so
 * that hundreds of thousands of runs cost no audio. A segment's samples all are its own level, by
 * which a provider knows what it is asked for.
 */
interface Sound {
  readonly key: string
  /** Seconds of speech, half-open. */
  readonly speech: readonly (readonly [from: number, to: number])[]
  readonly seconds: number
  /** Before the world began. */
  readonly secondsAgo: number
  readonly readable: boolean
}

const sound = (
  key: string,
  secondsAgo: number,
  speech: Sound['speech'],
  seconds: number,
  readable = true,
): Sound => ({ key, speech, seconds, secondsAgo, readable })

/** The first and the last are one conversation; the second is cut in two. */
const SOUNDS = [
  sound('one segment', 7_200, [[0, 1]], 1),
  sound(
    'two segments',
    6_000,
    [
      [0, 1],
      [122, 123],
    ],
    123,
  ),
  sound('silence', 5_000, [], 2),
  sound('unreadable', 4_000, [], 0, false),
  sound('beside the first', 7_190, [[0, 1]], 1),
] as const

/** What clients upload, by the numbers of its files; some share files, none is another's equal. */
const CONTENTS = [[0], [0, 1], [1, 4], [2], [3], [3, 4], [0, 1, 2, 3, 4]] as const
export const CONTENT_COUNT = CONTENTS.length

export interface LawFile {
  readonly fileId: FileId
  readonly name: string
  readonly body: Uint8Array
  readonly sha256: string
  readonly readable: boolean
  readonly segments: readonly { readonly segmentId: SegmentId; readonly level: number }[]
}

export interface LawContent {
  readonly contentId: ContentId
  readonly files: readonly LawFile[]
  readonly segmentIds: ReadonlySet<SegmentId>
}

/** The contents as a user has them in a world that began at `startMs`. */
export function contentsOf(naming: Naming, uid: Uid, startMs: number): readonly LawContent[] {
  const files = SOUNDS.map((each, index) => fileOf(naming, uid, startMs, each, index))
  return CONTENTS.map((numbers) => {
    const own = numbers.flatMap((number) => files[number] ?? [])
    return {
      contentId: naming.contentId(uid, own),
      files: own,
      segmentIds: new Set(own.flatMap((file) => file.segments.map((s) => s.segmentId))),
    }
  })
}

function fileOf(naming: Naming, uid: Uid, startMs: number, from: Sound, index: number): LawFile {
  const name = toneName(startMs - from.secondsAgo * 1_000)
  const parsed = parseAudioFileName(name, startMs)
  if ('refused' in parsed) throw new Error(`${name}: ${parsed.refused}`)
  const body = bodyOf(from)
  const sha256 = createHash('sha256').update(body).digest('hex')
  const fileId = naming.fileId(uid, { sha256, startMs: parsed.startMs, ...parsed.format })
  const segments = spansOf(from).map((span, at) => ({
    segmentId: naming.segmentId(fileId, span.startSample, span.endSample),
    level: levelOf(index, at),
  }))
  return { fileId, name, body, sha256, readable: from.readable, segments }
}

/** One frame that holds the name, padded to whole samples; or no frame at all. */
function bodyOf(from: Sound): Uint8Array {
  if (!from.readable) return Uint8Array.of(0, 0, 0, 0, 1)
  const text = from.key.length % 2 === 0 ? from.key : `${from.key} `
  return toBody([Buffer.from(text)])
}

const spansOf = (from: Sound): SampleSpan[] =>
  from.speech.map(([start, end]) => ({
    startSample: start * DECODED_RATE_HZ,
    endSample: end * DECODED_RATE_HZ,
  }))

const levelOf = (sound: number, segment: number) => 1 + sound * 10 + segment

/** Made once a process: a world only reads it. */
export function createSoundReader(): {
  readonly decoder: FileDecoder
  readonly detector: VoiceDetector
} {
  const pcmByKey = new Map<string, Int16Array<ArrayBuffer>>()
  const speechIn = new WeakMap<Int16Array<ArrayBuffer>, SampleSpan[]>()
  for (const [index, each] of SOUNDS.entries()) {
    const pcm = new Int16Array(each.seconds * DECODED_RATE_HZ)
    for (const [at, span] of spansOf(each).entries()) {
      pcm.fill(levelOf(index, at), span.startSample, span.endSample)
    }
    pcmByKey.set(each.key, pcm)
    speechIn.set(pcm, spansOf(each))
  }
  return {
    decoder: {
      version: 'sounds/1',
      decode: async (body) => {
        const reader = createFrameReader()
        const parts: Uint8Array[] = []
        for await (const chunk of body) parts.push(...reader.push(chunk))
        const key = Buffer.concat(parts).toString().trim()
        const { frames } = reader.counts
        return { pcm: pcmByKey.get(key) ?? new Int16Array(), frames, skippedFrames: 0 }
      },
    },
    detector: { version: 'sounds/1', detect: async (pcm) => speechIn.get(pcm) ?? [] },
  }
}
