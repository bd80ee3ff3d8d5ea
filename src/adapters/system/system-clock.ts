import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../ports/index.ts'

/** Longest delay a Node timer takes; beyond it the timer would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => sleep(ms, signal),
    after: (ms, act) => {
      const timer = setTimeout(act, timerMs(ms))
      return { cancel: () => clearTimeout(timer) }
    },
  }
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  try {
    await delay(timerMs(ms), undefined, signal ? { signal } : {})
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

function timerMs(ms: number): number {
  return Math.min(Math.max(0, ms), MAX_TIMER_MS)
}
