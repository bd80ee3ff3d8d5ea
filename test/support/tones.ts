import { createFrameReader, type SampleSpan } from '../../src/kernel/index.ts'
import type { FileDecoder, VoiceDetector } from '../../src/ports/index.ts'
import { toPcm16Body } from './audio.ts'

const RATE = 16_000

/** A body whose samples are the given levels, each for its seconds; level 0 is silence. */
export function tones(
  ...parts: readonly (readonly [level: number, seconds: number])[]
): Uint8Array {
  const lengths = parts.map(([, seconds]) => Math.round(seconds * RATE))
  const samples = new Int16Array(lengths.reduce((a, b) => a + b, 0))
  let at = 0
  for (const [i, [level]] of parts.entries()) {
    const end = at + (lengths[i] ?? 0)
    samples.fill(level, at, end)
    at = end
  }
  return toPcm16Body(samples, 32_000)
}

/** `audio_test_pcm16_16000_1_{start}.bin` */
export function toneName(startMs: number): string {
  return `audio_test_pcm16_16000_1_${startMs / 1_000}.bin`
}

/** Frames of 16-bit samples, as they are. */
export function toneDecoder(): FileDecoder {
  return {
    version: 'tones/1',
    decode: async (body) => {
      const reader = createFrameReader()
      const parts: Uint8Array[] = []
      for await (const chunk of body) parts.push(...reader.push(chunk).map((f) => f.slice()))
      reader.end()
      const bytes = Buffer.concat(parts)
      const pcm = new Int16Array(Math.floor(bytes.length / 2))
      Buffer.from(pcm.buffer).set(bytes.subarray(0, pcm.byteLength))
      return { pcm, frames: reader.counts.frames, skippedFrames: 0 }
    },
  }
}

/** Every run of one level other than 0 is a span. */
export function toneDetector(): VoiceDetector {
  return {
    version: 'tones/1',
    detect: async (pcm) => {
      const spans: SampleSpan[] = []
      let start = 0
      for (let i = 1; i <= pcm.length; i += 1) {
        if (pcm[i] === pcm[start]) continue
        if (pcm[start] !== 0) spans.push({ startSample: start, endSample: i })
        start = i
      }
      return spans
    },
  }
}
