import { inParallel, SHARD_COUNT } from '../kernel/index.ts'
import type { RandomBytes } from '../ports/index.ts'
import { type DeletionCounts, type Deletions, recoverDeletions } from './deletions.ts'
import type { RecoverDeps } from './recover-job.ts'
import { recoverShard, type ShardDeps } from './recover-shard.ts'
import { recoverSecondStage, type SecondStage, type SecondStageCounts } from './second-stage.ts'
import { type SweepDeps, sweepStaging } from './sweep-staging.ts'
import { createTally, type Pass, type PassCounts } from './tally.ts'

export interface PassDeps extends RecoverDeps, ShardDeps, SweepDeps {
  readonly randomBytes: RandomBytes
  /** Looks after the second stage in the same pass; absent where there is none. */
  readonly enrichment?: SecondStage | undefined
  /** Finishes what users deleted, in the same pass. */
  readonly deletions: Deletions
  /** Asked once a pass to note how much there is to do; a pass does not fail with it. */
  readonly noteLoad?: () => Promise<void>
}

/** The counts of jobs; those of their summaries and of deletions apart. */
export type PassReport = PassCounts & {
  readonly enrichment?: SecondStageCounts
  readonly deletions?: DeletionCounts
}

const PARALLEL_SHARDS = 8
/** Tasks made in one pass are spread: the first at once, the thousandth within this (F49). */
const SPREAD_MS = 60_000
const SPREAD_FULL_AT = 1_000

/**
 * Looks once at every job whose next check is due, then sweeps on over what is staged, then looks after
 * summaries and deletions. Safe in any number and at any time: one pass a shard, and each write compares what it
 * saw. What fails is counted and met again; its neighbours go on.
 */
export async function recoveryPass(deps: PassDeps, signal: AbortSignal): Promise<PassReport> {
  const startedMs = deps.clock.monotonicMs()
  const token = Buffer.from(deps.randomBytes(16)).toString('hex')
  const pass: Pass = { token, tally: createTally(), signal }
  const paced = { ...deps, paced: pacing(deps) }
  const lost = await recoverShards(paced, pass)
  await sweepStaging(paced, pass, lost)
  const enrichment = await recoverSecondStage(deps, pass, lost)
  const deletions = await recoverDeletions(deps, pass)
  await deps.noteLoad?.().catch((error: unknown) => {
    deps.events.unexpectedError({ where: 'load history', error })
  })
  const { counts } = pass.tally
  deps.events.recoveryPass({
    counts,
    lostShards: lost.size,
    ms: Math.round(deps.clock.monotonicMs() - startedMs),
  })
  return { ...counts, ...(enrichment ? { enrichment } : {}), ...(deletions ? { deletions } : {}) }
}

/** @returns the shards whose sentinel is missing, and since when; throws when no shard could be asked */
async function recoverShards(deps: PassDeps, pass: Pass): Promise<ReadonlyMap<number, number>> {
  const lost = new Map<number, number>()
  const errors: unknown[] = []
  const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard)
  await inParallel(shards, PARALLEL_SHARDS, async (shard) => {
    try {
      const lostSince = await recoverShard(deps, pass, shard)
      if (lostSince !== undefined) lost.set(shard, lostSince)
    } catch (error) {
      pass.signal.throwIfAborted()
      errors.push(error)
      pass.tally.count('failed')
    }
  })
  if (errors.length === SHARD_COUNT) throw errors[0]
  for (const error of errors) deps.events.unexpectedError({ where: 'recovery of a shard', error })
  return lost
}

function pacing(deps: Pick<RecoverDeps, 'clock' | 'random'>): () => number | undefined {
  let made = 0
  return () => {
    const withinMs = SPREAD_MS * Math.min(1, made / SPREAD_FULL_AT)
    made += 1
    return withinMs === 0 ? undefined : deps.clock.now() + Math.round(withinMs * deps.random())
  }
}
