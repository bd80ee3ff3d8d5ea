import type { Archive } from '../durable/index.ts'
import {
  callNow,
  type Endings,
  type EnqueueDeps,
  findTask,
  isRevival,
  replaceTask,
  wasFreed,
} from '../jobs/index.ts'
import type { JobId, Manifest, ProcessingJob, QueuedJob, TerminalJob } from '../kernel/index.ts'
import type { Clock, JobStore } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import { land, landExpired, landFrozen } from './land.ts'
import { isTimedOut, type Limits, nextLookMs } from './limits.ts'

export interface RecoverDeps extends Limits {
  readonly store: JobStore
  readonly archive: Archive
  readonly endings: Endings
  readonly clock: Clock
  readonly events: Events
  readonly random: () => number
  /** Absent where no queue is configured: then this instance runs what is due. */
  readonly enqueueing: EnqueueDeps | undefined
  readonly inline: { takeOver(manifest: Manifest, generation: number): Promise<boolean> }
  readonly maxRevivals: number
  /** When a task that is made now is to be delivered; at once when undefined (F49). */
  readonly paced?: () => number | undefined
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
      return isTimedOut(record, deps.clock.now(), deps)
        ? land(deps, record, 'sync_job_timeout')
        : reviveJob(deps, record)
    case 'processing':
      return recoverProcessing(deps, record)
    default:
      return settleJob(deps, record)
  }
}

/** Both thresholds passed outweigh a live lease: a run that hangs may renew it for ever. */
async function recoverProcessing(deps: RecoverDeps, record: ProcessingJob): Promise<Verdict> {
  const now = deps.clock.now()
  const isLive = record.leaseUntil > now
  if (record.ending && !isLive) return landFrozen(deps, record, record.ending)
  if (!record.ending && isTimedOut(record, now, deps)) return land(deps, record, 'sync_job_timeout')
  if (!isLive) return reviveJob(deps, record)
  await deps.store.postpone(record.jobId, LIVE_LOOK_AGAIN_MS, record)
  return 'skipped_live'
}

/** The queue is asked before anything is decided: only a task that is proven gone is replaced. */
async function reviveJob(deps: RecoverDeps, record: QueuedJob | ProcessingJob): Promise<Verdict> {
  if (record.byok) return land(deps, record, 'byok_worker_lost')
  if (!deps.enqueueing) return runHere(deps, record)
  if (wasFreed(record, deps.clock.now())) {
    const called = await callNow(deps.enqueueing, record, deps.probeAfterMs)
    return called === 'next_generation' ? 'ensured' : called
  }
  const found = await findTask(deps.enqueueing, record)
  if (found !== 'gone') {
    await deps.store.postpone(record.jobId, nextLookMs(deps, record), record)
    return found === 'live' ? 'skipped_waiting' : 'unproven'
  }
  if (!(await deps.archive.readManifest(record.uidHash, record.jobId))) {
    return landExpired(deps, record)
  }
  if (isSpent(deps, record)) return land(deps, record, 'sync_worker_lost')
  return replaceGone(deps, deps.enqueueing, record)
}

async function replaceGone(
  deps: RecoverDeps,
  enqueueing: EnqueueDeps,
  record: QueuedJob | ProcessingJob,
): Promise<Verdict> {
  const notBefore = deps.paced?.()
  const done = await replaceTask(enqueueing, record, {
    dueInMs: deps.probeAfterMs,
    reason: TASK_GONE,
    ...(notBefore === undefined ? {} : { notBefore }),
  })
  if (done === 'raced') return 'raced'
  if (done === 'next_generation') {
    noteRevival(deps, record, TASK_GONE)
    return 'revived'
  }
  await deps.store.postpone(record.jobId, nextLookMs(deps, record), record)
  return done === 'created' ? 'ensured' : 'unproven'
}

const TASK_GONE = 'its task was gone'
const PROCESS_DIED = 'its process died'

/** There is no queue to call from: this instance takes the job over. */
async function runHere(deps: RecoverDeps, record: QueuedJob | ProcessingJob): Promise<Verdict> {
  const manifest = await deps.archive.readManifest(record.uidHash, record.jobId)
  if (!manifest) return landExpired(deps, record)
  if (isSpent(deps, record)) return land(deps, record, 'sync_worker_lost')
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
    reason: PROCESS_DIED,
  })
  if (moved.kind !== 'done') return undefined
  noteRevival(deps, record, PROCESS_DIED)
  return moved.generation
}

function isSpent(deps: RecoverDeps, record: QueuedJob | ProcessingJob): boolean {
  return isRevival(record) && record.revivals >= deps.maxRevivals
}

function noteRevival(deps: RecoverDeps, record: QueuedJob | ProcessingJob, reason: string): void {
  const { jobId, uidHash, uid, status } = record
  deps.events.statusRewritten({
    jobId,
    uidHash,
    uid,
    from: status,
    to: 'queued',
    reason,
    by: 'reaper',
  })
}

async function settleJob(deps: RecoverDeps, record: TerminalJob): Promise<Verdict> {
  const manifest = await deps.archive.readManifest(record.uidHash, record.jobId)
  await deps.endings.settle(record.jobId, manifest)
  return 'settled'
}
