import { DECODED_RATE_HZ, decodedSamples } from '../../kernel/index.ts'
import type { FrameDecoder } from './frame-decoder.ts'
import { resample } from './resample.ts'
import { createSampleBuffer } from './sample-buffer.ts'

/**
 * Raw PCM: 16-bit little-endian, or 8-bit unsigned. Frames are only a wrapping: a 16-bit sample may
 * lie across two, and an odd last byte is no sample.
 */
export function createPcmFrames(codec: 'pcm16' | 'pcm8', sampleRate: number): FrameDecoder {
  const buffer = createSampleBuffer()
  const append = codec === 'pcm16' ? appendPcm16() : appendPcm8
  let decoded = 0
  return {
    decode(frame) {
      append(frame, buffer.extend)
      decoded += 1
    },
    get decoded() {
      return decoded
    },
    skipped: 0,
    get samples() {
      return decodedSamples(buffer.length, sampleRate)
    },
    finish: () =>
      sampleRate === DECODED_RATE_HZ ? buffer.take() : resample(buffer.take(), sampleRate),
    free: () => undefined,
  }
}

type Extend = (samples: number) => Int16Array

function appendPcm16() {
  /** First byte of a sample whose second is in the next frame. */
  let low: number | undefined
  return (frame: Uint8Array, extend: Extend): void => {
    const carried = low === undefined ? 0 : 1
    const into = extend((carried + frame.length) >> 1)
    for (let i = 0; i < into.length; i += 1) {
      const at = 2 * i - carried
      into[i] = (at < 0 ? (low ?? 0) : (frame[at] ?? 0)) | ((frame[at + 1] ?? 0) << 8)
    }
    const isOdd = (carried + frame.length) % 2 === 1
    low = isOdd ? (frame[frame.length - 1] ?? low) : undefined
  }
}

function appendPcm8(frame: Uint8Array, extend: Extend): void {
  const into = extend(frame.length)
  for (let i = 0; i < into.length; i += 1) into[i] = ((frame[i] ?? 0) - 128) << 8
}
