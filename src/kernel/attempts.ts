import { SECOND_MS } from './time.ts'

/**
 * What the queue says about a delivery, believed only after its token was verified. A missing or
 * garbled count is unknown, never 0: it must not read as a first attempt.
 */
export function parseRetryCount(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : undefined
}

/** Epoch ms at which a task was due, out of the queue's header in seconds; undefined when garbled. */
export function parseTaskEta(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{9,11}(\.\d+)?$/.test(header)
    ? Number(header) * SECOND_MS
    : undefined
}

/**
 * True when the queue will delete the task if this delivery fails. RetryCount counts every earlier
 * attempt, the ones that never reached us included; ExecutionCount does not.
 */
export function isFinalDelivery(retryCount: number | undefined, maxAttempts: number): boolean {
  return retryCount !== undefined && retryCount >= maxAttempts - 1
}

/** Exponential backoff with full spread between half and all of the step, capped. */
export function backoffMs(
  step: number,
  limits: { readonly minMs: number; readonly maxMs: number },
  /** A number in [0, 1). */
  spread: number,
): number {
  const full = Math.min(limits.maxMs, limits.minMs * 2 ** Math.min(step, 30))
  return Math.round(full / 2 + (full / 2) * spread)
}
