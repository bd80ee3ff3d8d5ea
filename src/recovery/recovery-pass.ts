import { inParallel, SHARD_COUNT } from '../kernel/index.ts'
import { type RecoverDeps, recoverJob, type Verdict } from './recover-job.ts'

export interface PassDeps extends RecoverDeps {
  /** Due jobs looked at in one pass, per shard. */
  readonly batchSize: number
}

export type PassCounts = Readonly<Record<Verdict | 'checked' | 'failed', number>>

const PARALLEL_SHARDS = 8

/**
 * Looks once at every job whose next check is due. Safe in any number and at any time: each write
 * compares what it saw. A job that fails to recover is counted and met again; its neighbours go on.
 */
export async function recoveryPass(deps: PassDeps, signal: AbortSignal): Promise<PassCounts> {
  const startedMs = deps.clock.monotonicMs()
  const counts: Record<keyof PassCounts, number> = {
    checked: 0,
    failed: 0,
    skipped_live: 0,
    skipped_waiting: 0,
    ensured: 0,
    revived: 0,
    landed: 0,
    settled: 0,
    raced: 0,
    unproven: 0,
    gone: 0,
  }
  const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard)
  await inParallel(shards, PARALLEL_SHARDS, async (shard) => {
    for (const jobId of await deps.store.due(shard, deps.batchSize)) {
      signal.throwIfAborted()
      counts.checked += 1
      try {
        counts[await recoverJob(deps, jobId)] += 1
      } catch (error) {
        counts.failed += 1
        deps.events.unexpectedError({ where: 'recovery', jobId, error })
      }
    }
  })
  deps.events.recoveryPass({ counts, ms: Math.round(deps.clock.monotonicMs() - startedMs) })
  return counts
}
