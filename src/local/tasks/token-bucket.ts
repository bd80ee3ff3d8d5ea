import type { QueueRecord } from './records.ts'

export interface TokenBucket {
  /** Takes a token and answers 0, or takes none and answers the ms until there is one. */
  take(settings: Pick<QueueRecord, 'maxDispatchesPerSecond' | 'maxBurstSize'>): number
}

/** Full at first; refilled steadily up to the burst size. */
export function createTokenBucket(monotonicMs: () => number): TokenBucket {
  let tokens = Number.POSITIVE_INFINITY
  let filledAt = monotonicMs()
  return {
    take({ maxDispatchesPerSecond, maxBurstSize }) {
      const now = monotonicMs()
      tokens = Math.min(maxBurstSize, tokens + ((now - filledAt) / 1_000) * maxDispatchesPerSecond)
      filledAt = now
      if (tokens < 1) return Math.ceil(((1 - tokens) / maxDispatchesPerSecond) * 1_000)
      tokens -= 1
      return 0
    },
  }
}
