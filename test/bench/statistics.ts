import type { Contestant } from './bench.ts'

/** The middle sample, or the mean of the two middle ones. @throws RangeError without samples */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]
  if (upper === undefined) throw new RangeError('no samples')
  const lower = sorted[(sorted.length - 1) >> 1] ?? upper
  return (lower + upper) / 2
}

/** Three significant digits; thousands apart. */
export function inDigits(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

/** The median of the contestant of that name. @throws RangeError when there is none */
export function medianOf(contestants: readonly Contestant[], name: string): number {
  return median(contestants.find((one) => one.name === name)?.samples ?? [])
}
