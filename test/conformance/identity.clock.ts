import type { Clock } from '../../src/ports/index.ts'

/** Stands still until moved; moving it wakes the sleepers whose time has come. */
export interface IdentityClock extends Clock {
  advance(ms: number): void
  readonly sleeperCount: number
}

export function createIdentityClock(startMs: number): IdentityClock {
  let elapsedMs = 0
  const sleepers = new Set<{ readonly wakeMs: number; wake(): void }>()
  return {
    get sleeperCount() {
      return sleepers.size
    },
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const sleeper = { wakeMs: elapsedMs + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      })
    },
    advance(ms) {
      elapsedMs += ms
      for (const sleeper of [...sleepers]) {
        if (sleeper.wakeMs > elapsedMs) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
  }
}
