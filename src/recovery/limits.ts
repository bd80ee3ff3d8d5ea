import type { ProcessingJob, QueuedJob } from '../kernel/index.ts'
import type { Clock } from '../ports/index.ts'

export interface Limits {
  /** Since the first start, waiting left out. */
  readonly jobTimeoutMs: number
  /** Without progress, across attempts. */
  readonly jobStallMs: number
  readonly probeAfterMs: number
  readonly probeMaxMs: number
}

/**
 * Both thresholds passed: it has run long, and for long without progress. The record's instants move
 * on with every wait, and the clock stands still while nobody runs it: waiting is never counted (I8).
 */
export function isTimedOut(
  record: QueuedJob | ProcessingJob,
  now: number,
  limits: Pick<Limits, 'jobTimeoutMs' | 'jobStallMs'>,
): boolean {
  if (record.startedAt === undefined) return false
  const ranUntil =
    record.status === 'processing'
      ? Math.min(now, record.leaseUntil)
      : (record.waitingSince ?? record.updatedAt)
  return (
    ranUntil - record.startedAt >= limits.jobTimeoutMs &&
    ranUntil - record.progressAt >= limits.jobStallMs
  )
}

/**
 * The next look at a job that was left as it is: a quarter of the time since it last moved, so that
 * an old backlog costs little, spread so that a batch does not come due together.
 */
export function nextLookMs(
  deps: Limits & { readonly clock: Clock; readonly random: () => number },
  record: QueuedJob | ProcessingJob,
): number {
  const idleMs = Math.max(0, deps.clock.now() - record.updatedAt)
  const fullMs = Math.min(deps.probeMaxMs, Math.max(deps.probeAfterMs, idleMs / 4))
  return Math.round(fullMs * (0.75 + 0.25 * deps.random()))
}
