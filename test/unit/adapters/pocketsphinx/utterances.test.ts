import { describe, expect, it } from 'vitest'
import { cutIntoUtterances } from '../../../../src/adapters/pocketsphinx/utterances.ts'

const SAMPLES_PER_MS = 16
const loud = (ms: number) => sound(ms, 8_000)
const quiet = (ms: number) => sound(ms, 100)
const mute = (ms: number) => sound(ms, 0)

function sound(ms: number, level: number): Int16Array<ArrayBuffer> {
  return Int16Array.from({ length: ms * SAMPLES_PER_MS }, (_, i) => (i % 2 ? level : -level))
}

function join(...parts: Int16Array[]): Int16Array<ArrayBuffer> {
  return Int16Array.from(parts.flatMap((part) => [...part]))
}

const spans = (pcm: Int16Array<ArrayBuffer>) =>
  cutIntoUtterances(pcm).map(({ startMs, pcm: part }) => [
    startMs,
    startMs + part.length / SAMPLES_PER_MS,
  ])

describe('cutIntoUtterances', () => {
  it('leaves what fits one utterance whole', () => {
    expect(spans(loud(20_000))).toEqual([[0, 20_000]])
  })

  it('cuts in the middle of the pause', () => {
    const [first, second] = spans(join(loud(9_000), quiet(200), loud(12_000)))
    expect(first).toEqual([0, 9_100])
    expect(second).toEqual([9_100, 21_200])
  })

  it('prefers the deeper pause', () => {
    const pcm = join(loud(8_000), sound(300, 900), loud(4_000), quiet(300), loud(9_000))
    expect(spans(pcm)[0]?.[1]).toBeGreaterThan(12_300)
    expect(spans(pcm)[0]?.[1]).toBeLessThan(12_600)
  })

  it('neither loses nor repeats a sample, pause or not', () => {
    const pcm = Int16Array.from({ length: 47_003 * SAMPLES_PER_MS + 7 }, (_, i) => (i % 997) - 500)
    const parts = cutIntoUtterances(pcm).map((utterance) => utterance.pcm)
    expect(parts.length).toBeGreaterThan(2)
    expect(Buffer.compare(Buffer.from(join(...parts).buffer), Buffer.from(pcm.buffer))).toBe(0)
  })

  it('makes no utterance longer than twenty seconds, nor, but for the last, shorter than six', () => {
    const lengths = spans(loud(95_000)).map(([from = 0, to = 0]) => to - from)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(20_000)
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(6_000)
  })

  it('leaves out what has no sound at all, and keeps the times of the rest', () => {
    const pcm = join(loud(5_000), mute(60_000), loud(5_000))
    const found = spans(pcm)
    const sounding = found.reduce((sum, [from = 0, to = 0]) => sum + to - from, 0)
    expect(sounding).toBeLessThan(45_000)
    expect(found.at(-1)?.[1]).toBe(70_000)
  })

  it('makes nothing of silence and nothing of nothing', () => {
    expect(spans(mute(30_000))).toEqual([])
    expect(spans(new Int16Array(0))).toEqual([])
  })
})
