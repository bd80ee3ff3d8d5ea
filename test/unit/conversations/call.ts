import {
  createFrameReader,
  DECODED_RATE_HZ,
  type SampleSpan,
  SECOND_MS,
} from '../../../src/kernel/index.ts'
import type { FileDecoder, SpeechToText, VoiceDetector } from '../../../src/ports/index.ts'
import { toBody } from '../../support/audio.ts'
import { toneName } from '../../support/tones.ts'

/** What a recorder took in: one word in every second of speech, and nothing in between. */
export interface Call {
  readonly startMs: number
  /** Whether anybody speaks in a second, counted from the start. */
  readonly isSpeech: (second: number) => boolean
}

/** Seconds of the call that one file holds, half-open. */
export interface Window {
  readonly from: number
  readonly to: number
}

export const wordOf = (second: number) => `word${second}`

/** A file as the app sends it; its body says which seconds of the call it holds. */
export function fileOf({ startMs }: Call, { from, to }: Window) {
  const text = `${from}-${to}`
  const body = toBody([Buffer.from(text.length % 2 === 0 ? text : `${text} `)])
  return { name: toneName(startMs + from * SECOND_MS), body }
}

/** Reads such files: every sample of a second says which one it is, or 0 where nobody speaks. */
export function hearing(call: Call): {
  readonly decoder: FileDecoder
  readonly detector: VoiceDetector
  readonly transcribe: SpeechToText['transcribe']
} {
  return {
    decoder: {
      version: 'call/1',
      decode: async (body) => {
        const reader = createFrameReader()
        const parts: Uint8Array[] = []
        for await (const chunk of body) parts.push(...reader.push(chunk))
        const [from = 0, to = 0] = Buffer.concat(parts).toString().trim().split('-').map(Number)
        const pcm = new Int16Array((to - from) * DECODED_RATE_HZ)
        for (let second = from; second < to; second += 1) {
          const at = (second - from) * DECODED_RATE_HZ
          if (call.isSpeech(second)) pcm.fill(second + 1, at, at + DECODED_RATE_HZ)
        }
        return { pcm, frames: reader.counts.frames, skippedFrames: 0 }
      },
    },
    detector: {
      version: 'call/1',
      detect: async (pcm) =>
        secondsOf(pcm).flatMap((level, i): SampleSpan[] =>
          level === 0
            ? []
            : [{ startSample: i * DECODED_RATE_HZ, endSample: (i + 1) * DECODED_RATE_HZ }],
        ),
    },
    transcribe: async ({ pcm }) => {
      const words = secondsOf(pcm).flatMap((level, i) => {
        const startMs = i * SECOND_MS
        return level === 0 ? [] : [{ text: wordOf(level - 1), startMs, endMs: startMs + 900 }]
      })
      return { text: words.map(({ text }) => text).join(' '), words }
    },
  }
}

function secondsOf(pcm: Int16Array): number[] {
  return Array.from(
    { length: pcm.length / DECODED_RATE_HZ },
    (_, i) => pcm[i * DECODED_RATE_HZ] ?? 0,
  )
}
