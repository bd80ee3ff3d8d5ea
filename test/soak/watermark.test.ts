import { describe, expect, it } from 'vitest'
import { whiteNoise } from '../support/audio.ts'
import { markSamples, readMark } from './watermark.ts'

const RATE_HZ = 16_000

describe('the mark in marked audio', () => {
  it('is read from any tenth of a second of it', () => {
    for (const number of [0, 1, 4_711, 2 ** 24 - 1]) {
      const marked = markSamples(whiteNoise(RATE_HZ, 3_000, 1), number)
      for (const start of [0, 37, 5_000, 14_399]) {
        expect(readMark(marked.slice(start, start + RATE_HZ / 10))).toBe(number)
      }
    }
  })

  it('is not found in audio without one, and moves no sample by more than one step', () => {
    const noise = whiteNoise(10 * RATE_HZ, 3_000, 2)
    expect(readMark(noise)).toBeUndefined()
    const marked = markSamples(noise, 99)
    const steps = new Set(marked.map((sample, i) => Math.abs(sample - (noise[i] ?? 0))))
    expect([...steps].sort()).toEqual([0, 1])
  })
})
