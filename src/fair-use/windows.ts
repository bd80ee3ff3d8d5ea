import { DAY_MS, MINUTE_MS } from '../kernel/index.ts'
import type { MeterReading } from '../ports/index.ts'

/** The rolling windows in which speech is capped. */
export const WINDOWS = ['24h', '3d', '7d'] as const
export type Window = (typeof WINDOWS)[number]

export const WINDOW_MS: Readonly<Record<Window, number>> = {
  '24h': DAY_MS,
  '3d': 3 * DAY_MS,
  '7d': 7 * DAY_MS,
}

/** Speech in ms a window may hold. */
export type Caps = Readonly<Record<Window, number>>

/** Speech metered at or after `sinceMs`; a minute counts whole while any of it is inside. */
export function speechSince(reading: MeterReading, sinceMs: number): number {
  return reading.buckets
    .filter(({ startMs }) => startMs + MINUTE_MS > sinceMs)
    .reduce((sum, { speechMs }) => sum + speechMs, 0)
}

/** Speech of the present UTC day. */
export function speechToday(reading: MeterReading): number {
  return speechSince(reading, Math.floor(reading.now / DAY_MS) * DAY_MS)
}

/** When a rolling window falls below `limitMs` if nothing is added; now, if it is below. */
export function fallsBelowAt(reading: MeterReading, windowMs: number, limitMs: number): number {
  let sum = speechSince(reading, reading.now - windowMs)
  for (const { startMs, speechMs } of reading.buckets) {
    if (sum < limitMs) break
    const leavesAt = startMs + MINUTE_MS + windowMs
    if (leavesAt <= reading.now) continue
    sum -= speechMs
    if (sum < limitMs) return leavesAt
  }
  return reading.now
}
