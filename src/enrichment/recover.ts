import { type EnrichmentId, inParallel, SHARD_COUNT } from '../kernel/index.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'
import { ensureWorkTask } from './ensure-task.ts'
import { settleWork } from './settle-work.ts'

/** What a look at due work did; the words of the pass's counts. */
export type WorkVerdict =
  | 'skipped_live'
  | 'skipped_waiting'
  | 'ensured'
  | 'settled'
  | 'raced'
  | 'unproven'
  | 'gone'

export type WorkCounts = Readonly<Record<WorkVerdict | 'checked' | 'failed', number>>

const PARALLEL_SHARDS = 8
/** A live holder's due entry moves with every renewal; one that is due anyway is looked at soon. */
const LIVE_LOOK_AGAIN_MS = 5_000

/**
 * Looks once at all work whose next check is due: announced and never enqueued, its task gone, its
 * holder dead, or ended with listeners that may not know. Safe in any number and at any time.
 */
export async function recoverEnrichments(
  deps: EnrichmentDeps,
  options: { readonly batchSize: number; readonly signal: AbortSignal },
): Promise<WorkCounts> {
  const counts: Record<keyof WorkCounts, number> = {
    checked: 0,
    failed: 0,
    skipped_live: 0,
    skipped_waiting: 0,
    ensured: 0,
    settled: 0,
    raced: 0,
    unproven: 0,
    gone: 0,
  }
  const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard)
  await inParallel(shards, PARALLEL_SHARDS, async (shard) => {
    for (const id of await deps.store.due(shard, options.batchSize)) {
      options.signal.throwIfAborted()
      counts.checked += 1
      try {
        counts[await recoverWork(deps, id)] += 1
      } catch (error) {
        counts.failed += 1
        deps.events.unexpectedError({ where: 'enrichment recovery', error })
      }
    }
  })
  return counts
}

/** One rule for every orphan: due and no live lease means that its task is ensured. */
async function recoverWork(deps: EnrichmentDeps, id: EnrichmentId): Promise<WorkVerdict> {
  const record = await deps.store.read(id)
  if (!record) {
    await deps.store.postpone(id, deps.probeAfterMs)
    return 'gone'
  }
  if (record.status === 'ended') {
    await settleWork(deps, record)
    return 'settled'
  }
  if (record.status === 'running' && record.leaseUntil > deps.clock.now()) {
    await deps.store.postpone(id, LIVE_LOOK_AGAIN_MS)
    return 'skipped_live'
  }
  const done = await ensureWorkTask(deps, record)
  await deps.store.postpone(id, deps.probeAfterMs)
  switch (done) {
    case 'live':
      return 'skipped_waiting'
    case 'created':
    case 'next_generation':
      return 'ensured'
    case 'unproven':
    case 'raced':
      return done
  }
}
