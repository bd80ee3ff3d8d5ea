import { createFrameReader } from '../../src/kernel/index.ts'
import type { SampleFile } from '../support/app-client.ts'
import { recording, toPcm16Body } from '../support/audio.ts'
import { markSamples } from './watermark.ts'

/** One upload of one user, and what it must become. */
export interface Batch {
  readonly number: number
  readonly uid: string
  readonly files: readonly SampleFile[]
  /** One a file: each is one segment. */
  readonly texts: readonly string[]
  /** The app loses patience and sends the same bytes a second time beside the first. */
  readonly isDoubled: boolean
}

const RATE_HZ = 16_000
const CLIP_SECONDS = 2.5
/** Where in the recording somebody speaks for that long. */
const CLIP_STARTS_SECONDS = [0.3, 3.3, 5.4, 8]
const MAX_FILES = 3
/** Apart enough that each file is a conversation of its own, or near enough that it is not. */
const FILE_APART_SECONDS = [60, 600]
const BATCH_APART_SECONDS = 2_400
const DOUBLED_SHARE = 0.05

/** What the imitated provider hears in audio with this mark. */
export function textOf(mark: number): string {
  return `Batch ${Math.floor(mark / MAX_FILES)} file ${mark % MAX_FILES}.`
}

/** The number of the batch that a text is from. */
export function batchOf(text: string): number | undefined {
  const number = /^Batch (\d+) file/.exec(text)?.[1]
  return number === undefined ? undefined : Number(number)
}

/** Batches by number, the same for the same seed; made one by one, since together they are large. */
export async function createBatches(options: {
  readonly users: number
  readonly random: () => number
  /** Epoch ms: the audio was captured in the hours before. */
  readonly nowMs: number
}): Promise<{ make(number: number): Batch }> {
  const { users, random, nowMs } = options
  const clips = await speechClips()
  const nowSeconds = Math.floor(nowMs / 1_000)
  const draw = (count: number) => Math.floor(random() * count)
  return {
    make: (number) => {
      const user = number % users
      const turn = Math.floor(number / users)
      const start = nowSeconds - (1 + (turn % 8)) * BATCH_APART_SECONDS
      const apart = FILE_APART_SECONDS[draw(FILE_APART_SECONDS.length)] ?? 60
      const marks = Array.from({ length: 1 + draw(MAX_FILES) }, (_, i) => number * MAX_FILES + i)
      return {
        number,
        uid: `soak-user-${user}`,
        files: marks.map((mark, i) => ({
          name: `audio_soak_pcm16_${RATE_HZ}_1_fs320_${start + i * apart}.bin`,
          body: toPcm16Body(markSamples(clips[draw(clips.length)] ?? new Int16Array(), mark)),
        })),
        texts: marks.map(textOf),
        isDoubled: random() < DOUBLED_SHARE,
      }
    },
  }
}

async function speechClips(): Promise<Int16Array[]> {
  const { body } = await recording('kennedy')
  const bytes = Uint8Array.from(Buffer.concat(createFrameReader().push(body)))
  const samples = new Int16Array(bytes.buffer, 0, Math.floor(bytes.length / 2))
  return CLIP_STARTS_SECONDS.map((start) =>
    samples.slice(start * RATE_HZ, (start + CLIP_SECONDS) * RATE_HZ),
  )
}
