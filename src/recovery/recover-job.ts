import type { Archive } from '../durable/index.ts'
import {
  callNow,
  type Endings,
  type EnqueueDeps,
  ensureTask,
  isRevival,
  wasFreed,
} from '../jobs/index.ts'
import type {
  JobId,
  JobRecord,
  Manifest,
  ProcessingJob,
  QueuedJob,
  TerminalJob,
} from '../kernel/index.ts'
import type { Clock, JobStore } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

export interface RecoverDeps {
  readonly store: JobStore
  readonly archive: Archive
  readonly endings: Endings
  readonly clock: Clock
  readonly events: Events
  /** Absent where no queue is configured: then this instance runs what is due. */
  readonly enqueueing: EnqueueDeps | undefined
  readonly inline: { takeOver(manifest: Manifest, generation: number): Promise<boolean> }
  readonly maxRevivals: number
  readonly probeAfterMs: number
}

/** What a look at one due job did; the words of the pass's counts. */
export type Verdict =
  | 'skipped_live'
  | 'skipped_waiting'
  | 'ensured'
  | 'revived'
  | 'landed'
  | 'settled'
  | 'raced'
  | 'unproven'
  | 'gone'

/** A live holder's due entry moves with every renewal; one that is due anyway is looked at soon. */
const LIVE_LOOK_AGAIN_MS = 5_000

/**
 * One rule for every orphan: a job that is due and has no live lease gets its task ensured. A task
 * that still exists is backlog and is left alone however old it is (I8).
 */
export async function recoverJob(deps: RecoverDeps, jobId: JobId): Promise<Verdict> {
  const record = await deps.store.read(jobId)
  if (!record) {
    await deps.store.postpone(jobId, deps.probeAfterMs)
    return 'gone'
  }
  switch (record.status) {
    case 'queued':
      return reviveJob(deps, record)
    case 'processing':
      if (record.leaseUntil > deps.clock.now()) {
        await deps.store.postpone(jobId, LIVE_LOOK_AGAIN_MS)
        return 'skipped_live'
      }
      return record.ending ? completeEnding(deps, record) : reviveJob(deps, record)
    default:
      return settleJob(deps, record)
  }
}

async function reviveJob(deps: RecoverDeps, record: QueuedJob | ProcessingJob): Promise<Verdict> {
  if (record.byok) return landOrphan(deps, record, 'byok_worker_lost')
  if (!deps.enqueueing) return runHere(deps, record)
  if (isRevival(record) && record.revivals >= deps.maxRevivals)
    return landOrphan(deps, record, 'sync_worker_lost')
  if (wasFreed(record, deps.clock.now())) {
    const called = await callNow(deps.enqueueing, record, deps.probeAfterMs)
    return called === 'next_generation' ? 'ensured' : called
  }
  const done = await ensureTask(deps.enqueueing, record, { dueInMs: deps.probeAfterMs })
  await deps.store.postpone(record.jobId, deps.probeAfterMs)
  switch (done) {
    case 'live':
      return 'skipped_waiting'
    case 'created':
      return 'ensured'
    case 'next_generation':
      deps.events.statusRewritten({
        ...identify(record),
        from: record.status,
        to: 'queued',
        reason: 'its task was gone',
        by: 'reaper',
      })
      return 'revived'
    case 'unproven':
    case 'raced':
      return done
  }
}

/** There is no queue to call from: this instance takes the job over. */
async function runHere(deps: RecoverDeps, record: QueuedJob | ProcessingJob): Promise<Verdict> {
  const manifest = await deps.archive.readManifest(record.uidHash, record.jobId)
  if (!manifest) return landExpired(deps, record)
  if (isRevival(record) && record.revivals >= deps.maxRevivals)
    return landOrphan(deps, record, 'sync_worker_lost')
  const generation = await nextGeneration(deps, record)
  if (generation === undefined) return 'raced'
  if (await deps.inline.takeOver(manifest, generation)) return 'revived'
  await deps.store.postpone(record.jobId, deps.probeAfterMs)
  return 'raced'
}

/** A death is counted before the job is run again, so that one that always dies comes to its end (F48). */
async function nextGeneration(
  deps: RecoverDeps,
  record: QueuedJob | ProcessingJob,
): Promise<number | undefined> {
  if (!isRevival(record)) return record.generation
  const moved = await deps.store.overrideGeneration(record.jobId, record, {
    revival: true,
    dueInMs: deps.probeAfterMs,
  })
  return moved.kind === 'done' ? moved.generation : undefined
}

async function landOrphan(
  deps: RecoverDeps,
  record: QueuedJob | ProcessingJob,
  reasonCode: 'sync_worker_lost' | 'byok_worker_lost',
): Promise<Verdict> {
  const manifest = await deps.archive.readManifest(record.uidHash, record.jobId)
  if (!manifest) return landExpired(deps, record)
  const outcome = await deps.endings.endSeen(manifest, record, { reasonCode })
  if (outcome === 'raced') return 'raced'
  deps.events.statusRewritten({
    ...identify(record),
    from: record.status,
    to: outcome.status,
    reason: reasonCode,
    by: 'reaper',
  })
  await deps.endings.settle(record.jobId, manifest)
  return 'landed'
}

/** Nothing is left to run from: the next look meets the same, until an outcome or a manifest appears. */
async function landExpired(deps: RecoverDeps, record: JobRecord): Promise<Verdict> {
  const known = await deps.archive.readOutcome(record.uidHash, record.jobId)
  if (known && 'outcome' in known) {
    await deps.endings.complete(known, known.outcome)
    await deps.endings.settle(record.jobId, undefined)
    return 'landed'
  }
  const outcome = await deps.endings.endSeenWithoutManifest(record)
  return outcome === 'raced' ? 'raced' : 'landed'
}

async function completeEnding(deps: RecoverDeps, record: ProcessingJob): Promise<Verdict> {
  if (!record.ending) return 'raced'
  await deps.endings.complete(record, record.ending)
  const manifest = await deps.archive.readManifest(record.uidHash, record.jobId)
  await deps.endings.settle(record.jobId, manifest)
  return 'landed'
}

async function settleJob(deps: RecoverDeps, record: TerminalJob): Promise<Verdict> {
  const manifest = await deps.archive.readManifest(record.uidHash, record.jobId)
  await deps.endings.settle(record.jobId, manifest)
  return 'settled'
}

function identify(record: JobRecord) {
  return { jobId: record.jobId, uidHash: record.uidHash, uid: record.uid }
}
