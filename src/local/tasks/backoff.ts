import type { QueueRecord, TaskProgress } from './records.ts'

type RetrySettings = Pick<
  QueueRecord,
  'maxAttempts' | 'minBackoffMs' | 'maxBackoffMs' | 'maxDoublings' | 'maxRetryDurationMs'
>

/**
 * Wait before the retry that follows the `failures`-th failed attempt (from 1). Doubles from the
 * minimum `maxDoublings` times, then grows by 2^doublings x minimum each time, up to the maximum:
 * min 10, max 300, 3 doublings give 10 20 40 80 160 240 300 300 (RetryConfig.max_doublings).
 */
export function retryDelayMs(settings: RetrySettings, failures: number): number {
  const doublings = Math.min(failures - 1, settings.maxDoublings)
  const steps = failures - doublings
  return Math.min(settings.minBackoffMs * 2 ** doublings * steps, settings.maxBackoffMs)
}

/**
 * No further attempt: only when the attempts AND the time since the first attempt are both spent
 * (RetryConfig.max_retry_duration). Without a duration, time counts as spent.
 */
export function isExhausted(settings: RetrySettings, progress: TaskProgress, nowMs: number) {
  if (settings.maxAttempts < 0 || progress.dispatchCount < settings.maxAttempts) return false
  return nowMs - (progress.firstDispatchMs ?? nowMs) >= settings.maxRetryDurationMs
}
