import { type JobId, NewerSchemaError } from '../kernel/index.ts'
import { type RecoverDeps, recoverJob } from './recover-job.ts'
import type { Pass } from './tally.ts'

export interface ShardDeps extends RecoverDeps {
  /** Due jobs looked at in one pass, per shard. */
  readonly batchSize: number
  /** How long a pass may look at one shard; what it did not come to is the next one's. */
  readonly passLeaseMs: number
}

/** @returns since when the shard's sentinel is missing; undefined while it stands */
export async function recoverShard(
  deps: ShardDeps,
  pass: Pass,
  shard: number,
): Promise<number | undefined> {
  const { token, tally } = pass
  const untilMs = deps.clock.monotonicMs() + deps.passLeaseMs
  const lease = { token, leaseMs: deps.passLeaseMs }
  const { kind, lostSince } = await deps.store.beginPass(shard, lease, deps.jobStallMs)
  if (kind === 'busy') tally.count('busy_shards')
  if (kind !== 'taken') return lostSince
  try {
    const due = await deps.store.due(shard, deps.batchSize)
    const hung = { forMs: deps.jobStallMs, limit: deps.batchSize }
    const stalled = await deps.store.stalled(shard, hung)
    for (const jobId of new Set([...due, ...stalled])) {
      pass.signal.throwIfAborted()
      if (deps.clock.monotonicMs() >= untilMs) break
      await lookAt(deps, pass, jobId)
    }
  } finally {
    await deps.store.endPass(shard, token)
  }
  return lostSince
}

async function lookAt(deps: ShardDeps, { tally }: Pass, jobId: JobId): Promise<void> {
  tally.count('checked')
  try {
    tally.count(await recoverJob(deps, jobId))
  } catch (error) {
    const isNewer = error instanceof NewerSchemaError
    tally.count(isNewer ? 'skipped_newer' : 'failed')
    if (!isNewer) deps.events.unexpectedError({ where: 'recovery', jobId, error })
    // So that the same rows are not all that is ever looked at (F50).
    await deps.store.postpone(jobId, deps.probeAfterMs)
  }
}
