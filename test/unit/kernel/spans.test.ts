import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CutSegment, cutSegments, type SampleSpan } from '../../../src/kernel/index.ts'

const SECOND = 16_000
const MAX = 300 * SECOND

/** Speech and silences of every length that matters, from clicks to an hour of talk. */
const lengths = fc.oneof(
  fc.integer({ min: 1, max: 2 * SECOND }),
  fc.integer({ min: 1, max: 60 * SECOND }),
  fc.integer({ min: 100 * SECOND, max: 700 * SECOND }),
  fc.constantFrom(SECOND, SECOND - 1, 120 * SECOND, 120 * SECOND - 1, MAX, MAX + 1, MAX - 1),
)
const speech = fc
  .array(fc.tuple(lengths, lengths), { maxLength: 25 })
  .map((pairs) => {
    const spans: SampleSpan[] = []
    let at = 0
    for (const [silence, length] of pairs) {
      spans.push({ startSample: at + silence, endSample: at + silence + length })
      at += silence + length
    }
    return spans
  })
  .filter((spans) => (spans.at(-1)?.endSample ?? 0) < 2 ** 31)

describe('cutting speech into segments', () => {
  it('gives disjoint segments of 1 s to 300 s, by start', () => {
    holds((_, segments) => {
      let last = 0
      for (const { startSample, endSample } of segments) {
        expect(startSample).toBeGreaterThanOrEqual(last)
        expect(endSample - startSample).toBeGreaterThanOrEqual(SECOND)
        expect(endSample - startSample).toBeLessThanOrEqual(MAX)
        last = endSample
      }
    })
  })

  it('keeps every sample of speech, except in spans that are under 1 s when merged', () => {
    holds((spans, segments) => {
      for (const span of spans) {
        const kept = segments.reduce((sum, segment) => sum + overlap(span, segment), 0)
        expect(kept).toBe(
          mergedLength(spans, span) < SECOND ? 0 : span.endSample - span.startSample,
        )
      }
    })
  })

  it('says how much speech a segment holds', () => {
    holds((spans, segments) => {
      for (const segment of segments) {
        const inside = spans.reduce((sum, span) => sum + overlap(span, segment), 0)
        expect(segment.speechMs).toBe(Math.ceil(inside / 16))
        expect(segment.speechMs).toBeGreaterThan(0)
      }
    })
  })

  it('begins and ends a segment with speech, or where speech had to be cut', () => {
    holds((spans, segments) => {
      const edges = new Set(spans.flatMap((s) => [s.startSample, s.endSample]))
      const joints = new Set(segments.map((s) => s.startSample))
      for (const { startSample, endSample } of segments) {
        expect(edges.has(endSample) || joints.has(endSample)).toBe(true)
        const isJoint = segments.some((s) => s.endSample === startSample)
        expect(edges.has(startSample) || isJoint).toBe(true)
      }
    })
  })

  it('changes nothing when its own segments are cut again', () => {
    holds((spans, segments) => {
      expect(cutSegments(segments, total(spans)).map(bounds)).toEqual(segments.map(bounds))
    })
  })

  it('cuts alike whatever the order and overlap of what it is told', () => {
    fc.assert(
      fc.property(speech, fc.infiniteStream(fc.nat()), (spans, keys) => {
        const shuffled = spans
          .flatMap((span) => [span, { ...span, endSample: span.startSample + 1 }])
          .map((span) => ({ span, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ span }) => span)
        expect(cutSegments(shuffled, total(spans))).toEqual(cutSegments(spans, total(spans)))
      }),
    )
  })

  it('merges across 119.9 s and splits at 120 s', () => {
    expect(cut([0, 2], [121.9, 124])).toEqual([[0, 124, 4_100]])
    expect(cut([0, 2], [122, 124])).toEqual([
      [0, 2, 2_000],
      [122, 124, 2_000],
    ])
  })

  it('drops a lone span under 1 s and keeps one that has company', () => {
    expect(cut([10, 10.9])).toEqual([])
    expect(cut([10, 10.9], [60, 60.5])).toEqual([[10, 60.5, 1_400]])
  })

  it('takes audio under 1 s in total for silence', () => {
    expect(cutSegments([{ startSample: 0, endSample: SECOND }], SECOND - 1)).toEqual([])
    expect(cutSegments([{ startSample: 0, endSample: SECOND }], SECOND)).toHaveLength(1)
  })

  it('cuts a long span at the longest silence of its last 30 s', () => {
    expect(cut([0, 269], [275, 280], [281, 290], [292, 400])).toEqual([
      [0, 269, 269_000],
      [275, 400, 122_000],
    ])
    expect(cut([0, 200], [202, 280], [281, 290], [292, 400])).toEqual([
      [0, 290, 287_000],
      [292, 400, 108_000],
    ])
  })

  it('takes the last of equally long silences', () => {
    expect(cut([0, 275], [276, 280], [281, 400])).toEqual([
      [0, 280, 279_000],
      [281, 400, 119_000],
    ])
  })

  it('cuts hard at 300 s where nobody pauses', () => {
    expect(cut([0, 700])).toEqual([
      [0, 300, 300_000],
      [300, 600, 300_000],
      [600, 700, 100_000],
    ])
  })

  it('leaves no rest under 1 s, which would be dropped with its speech', () => {
    expect(cut([0, 300.4])).toEqual([
      [0, 299.4, 299_400],
      [299.4, 300.4, 1_000],
    ])
    expect(cut([0, 299.8], [300.2, 300.9])).toEqual([
      [0, 299.9, 299_800],
      [299.9, 300.9, 700],
    ])
  })

  it('clips speech that is said to reach over the ends of the audio', () => {
    const segments = cutSegments([{ startSample: -100, endSample: 5 * SECOND }], 2 * SECOND)
    expect(segments).toEqual([{ startSample: 0, endSample: 2 * SECOND, speechMs: 2_000 }])
  })
})

function holds(law: (spans: readonly SampleSpan[], segments: readonly CutSegment[]) => void): void {
  fc.assert(
    fc.property(speech, (spans) => {
      law(spans, cutSegments(spans, total(spans)))
    }),
    { numRuns: 300 },
  )
}

function total(spans: readonly SampleSpan[]): number {
  return Math.max(SECOND, spans.at(-1)?.endSample ?? 0)
}

/** Seconds in, `[start, end, speechMs]` out. */
function cut(...seconds: readonly (readonly [number, number])[]): number[][] {
  const spans = seconds.map(([from, to]) => ({
    startSample: Math.round(from * SECOND),
    endSample: Math.round(to * SECOND),
  }))
  return cutSegments(spans, total(spans)).map((s) => [
    s.startSample / SECOND,
    s.endSample / SECOND,
    s.speechMs,
  ])
}

/** From first to last speech of everything that silences under 120 s tie to `span`. */
function mergedLength(spans: readonly SampleSpan[], span: SampleSpan): number {
  let from = spans.indexOf(span)
  let to = from
  const gap = (i: number) => (spans[i]?.startSample ?? Infinity) - (spans[i - 1]?.endSample ?? 0)
  while (from > 0 && gap(from) < 120 * SECOND) from -= 1
  while (to < spans.length - 1 && gap(to + 1) < 120 * SECOND) to += 1
  return (spans[to]?.endSample ?? 0) - (spans[from]?.startSample ?? 0)
}

function overlap(a: SampleSpan, b: SampleSpan): number {
  return Math.max(0, Math.min(a.endSample, b.endSample) - Math.max(a.startSample, b.startSample))
}

function bounds({ startSample, endSample }: SampleSpan): SampleSpan {
  return { startSample, endSample }
}
