import { retryDelayMs } from '../../../../src/local/tasks/backoff.ts'
import { createTokenBucket } from '../../../../src/local/tasks/token-bucket.ts'
import { createGauge, type Gauge } from './gauge.ts'
import { createLine } from './line.ts'
import type { Timeline } from './timeline.ts'

export interface QueueSettings {
  readonly perSecond: number
  readonly concurrent: number
  readonly retry: {
    readonly maxAttempts: number
    readonly minBackoffMs: number
    readonly maxBackoffMs: number
    readonly maxDoublings: number
  }
}

export interface DispatchQueue<T> {
  add(task: T, delayMs: number): void
  pause(): void
  resume(): void
  /** Tasks that may go now and have not. */
  ready(): number
  /** All it keeps: ready, scheduled for later, in delivery. */
  kept(): number
  readonly inDelivery: Gauge
  /** How long the first one has been ready. */
  oldestMs(): number
  readonly counts: { readonly deliveries: number; readonly exhausted: number }
}

/** What Cloud Tasks does with a burst of its own: `max_burst_size` is the rate, up to this. */
const MAX_BURST = 500

/** One queue: rate, concurrency and retries as configured; the service's answer is true for 2xx. */
export function createDispatchQueue<T>(
  timeline: Timeline,
  settings: QueueSettings,
  deliver: (task: T, answer: (isDone: boolean) => void) => void,
  onExhausted: (task: T) => void,
): DispatchQueue<T> {
  interface Kept {
    readonly task: T
    attempts: number
    readySinceMs: number
  }
  const line = createLine<Kept>()
  const bucket = createTokenBucket(timeline.now)
  const rates = {
    maxDispatchesPerSecond: settings.perSecond,
    maxBurstSize: Math.min(MAX_BURST, Math.max(1, settings.perSecond)),
  }
  const retry = { ...settings.retry, maxRetryDurationMs: 0 }
  const counts = { deliveries: 0, exhausted: 0 }
  const inDelivery = createGauge(timeline)
  let [kept, paused, waitsForToken] = [0, false, false]

  const offer = (one: Kept) => {
    one.readySinceMs = timeline.now()
    line.join(one)
    pump()
  }
  const drop = (one: Kept, isDone: boolean) => {
    kept -= 1
    if (isDone) return
    counts.exhausted += 1
    onExhausted(one.task)
  }
  const send = (one: Kept) => {
    inDelivery.add(1)
    one.attempts += 1
    counts.deliveries += 1
    deliver(one.task, (isDone) => {
      inDelivery.add(-1)
      if (isDone || one.attempts >= retry.maxAttempts) drop(one, isDone)
      else timeline.after(retryDelayMs(retry, one.attempts), () => offer(one))
      pump()
    })
  }
  function pump() {
    while (
      !paused &&
      !waitsForToken &&
      line.length > 0 &&
      inDelivery.level() < settings.concurrent
    ) {
      const waitMs = bucket.take(rates)
      if (waitMs > 0) {
        waitsForToken = true
        timeline.after(waitMs, () => {
          waitsForToken = false
          pump()
        })
        return
      }
      const one = line.leave()
      if (one) send(one)
    }
  }
  return {
    add: (task, delayMs) => {
      kept += 1
      const one = { task, attempts: 0, readySinceMs: 0 }
      if (delayMs > 0) timeline.after(delayMs, () => offer(one))
      else offer(one)
    },
    pause: () => {
      paused = true
    },
    resume: () => {
      paused = false
      pump()
    },
    ready: () => line.length,
    kept: () => kept,
    inDelivery,
    oldestMs: () => (line.length > 0 ? timeline.now() - (line.first()?.readySinceMs ?? 0) : 0),
    counts,
  }
}
