import { createGauge, type Gauge } from './gauge.ts'
import type { Timeline } from './timeline.ts'

export interface Provider {
  /** False when it takes no more: the caller was answered 429. */
  tryCall(ms: number, done: () => void): boolean
  /** How much longer every call from now on takes. */
  slowDown(factor: number): void
  readonly calls: Gauge
  readonly counts: { readonly refused: number; readonly taken: number }
}

/** Speech-to-text as its contract limits it: so many calls at once. */
export function createProvider(timeline: Timeline, concurrent: number): Provider {
  const calls = createGauge(timeline)
  const counts = { refused: 0, taken: 0 }
  let factor = 1
  return {
    tryCall: (ms, done) => {
      if (calls.level() >= concurrent) {
        counts.refused += 1
        return false
      }
      counts.taken += 1
      calls.add(1)
      timeline.after(ms * factor, () => {
        calls.add(-1)
        done()
      })
      return true
    },
    slowDown: (by) => {
      factor = by
    },
    calls,
    counts,
  }
}
