import type { Clock } from '../../src/ports/index.ts'

export interface SimulatedClock extends Clock {
  /**
   * Moves time on and fires the sleeps and timers that fall due, in their order; what each of them sets off is
   * done (as far as it needs no I/O) before the next one fires, and may itself sleep and fall due.
   */
  advance(ms: number): Promise<void>
  /** Sets the wall clock forward or back. Sleeps and `monotonicMs` do not notice. */
  jumpWall(ms: number): void
  /** Sleeps and timers under way. 0 after a test, or something was left running. */
  readonly sleeping: number
}

interface Sleeper {
  readonly dueMs: number
  readonly wake: () => void
}

/** Time that moves only by hand. */
export function simulatedClock(startMs: number = Date.UTC(2026, 0, 1)): SimulatedClock {
  let elapsedMs = 0
  let wallMs = startMs
  const sleepers = new Set<Sleeper>()

  const earliest = () => {
    const [first, ...rest] = sleepers
    return rest.reduce((a, b) => (b.dueMs < (a?.dueMs ?? Infinity) ? b : a), first)
  }
  const moveTo = (ms: number) => {
    wallMs += ms - elapsedMs
    elapsedMs = ms
  }

  return {
    now: () => wallMs,
    monotonicMs: () => elapsedMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const onAbort = () => reject(signal?.reason)
      const sleeper = { dueMs: elapsedMs + Math.max(0, ms), wake: resolve }
      sleepers.add(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        await promise
      } finally {
        sleepers.delete(sleeper)
        signal?.removeEventListener('abort', onAbort)
      }
    },
    after: (ms, act) => {
      const sleeper = { dueMs: elapsedMs + Math.max(0, ms), wake: act }
      sleepers.add(sleeper)
      return { cancel: () => void sleepers.delete(sleeper) }
    },
    advance: async (ms) => {
      const endMs = elapsedMs + ms
      await settled()
      for (let next = earliest(); next && next.dueMs <= endMs; next = earliest()) {
        moveTo(Math.max(elapsedMs, next.dueMs))
        sleepers.delete(next)
        next.wake()
        await settled()
      }
      moveTo(endMs)
      await settled()
    },
    jumpWall: (ms) => {
      wallMs += ms
    },
    get sleeping() {
      return sleepers.size
    },
  }
}

/** After the microtasks queued so far, and all that they queue. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
