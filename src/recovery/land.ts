import { type Archive, followOutcome } from '../durable/index.ts'
import { DURABLE_OUTCOME, type Endings } from '../jobs/index.ts'
import type { ProcessingJob, QueuedJob, ReasonCode, TerminalStatus } from '../kernel/index.ts'
import type { Seen } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

interface LandDeps {
  readonly archive: Archive
  readonly endings: Endings
  readonly events: Events
}

type LandReason = Extract<ReasonCode, 'sync_worker_lost' | 'byok_worker_lost' | 'sync_job_timeout'>

/** Ends a job that nobody brings further, by the landing rule: what landed counts. */
export async function land(
  deps: LandDeps,
  record: QueuedJob | ProcessingJob,
  reasonCode: LandReason,
): Promise<'landed' | 'raced'> {
  const manifest = await deps.archive.readManifest(record.uidHash, record.jobId)
  if (!manifest) return landExpired(deps, record)
  const outcome = await deps.endings.endSeen(manifest, seenBy(record, reasonCode), { reasonCode })
  if (outcome === 'raced') return 'raced'
  noteEnd(deps, record, outcome.status, reasonCode)
  await deps.endings.settle(record.jobId, manifest)
  return 'landed'
}

/** Its audio is gone. An end that is durable already stands; else the record alone can vouch for one. */
export async function landExpired(
  deps: LandDeps,
  record: QueuedJob | ProcessingJob,
): Promise<'landed' | 'raced'> {
  const end = await followOutcome(deps.archive, record.uidHash, record.jobId)
  if (end.kind === 'ended') {
    const { status } = await deps.endings.complete(record, end.object.outcome)
    noteEnd(deps, record, status, DURABLE_OUTCOME)
    await deps.endings.settle(record.jobId, undefined)
    return 'landed'
  }
  const wasClaimed = record.claimedGeneration >= 0
  const reasonCode = wasClaimed ? 'sync_staged_audio_expired' : 'sync_dispatch_lost'
  const outcome = await deps.endings.endSeenWithoutManifest(record, reasonCode)
  if (outcome === 'raced') return 'raced'
  noteEnd(deps, record, outcome.status, reasonCode)
  // Not settled yet: the next look asks once more for a manifest that was late.
  return 'landed'
}

/** Its end was frozen by somebody who did not live to bring it about. */
export async function landFrozen(
  deps: LandDeps,
  record: ProcessingJob,
  ending: NonNullable<ProcessingJob['ending']>,
): Promise<'landed'> {
  const { status } = await deps.endings.complete(record, ending)
  noteEnd(deps, record, status, 'its end was frozen')
  const manifest = await deps.archive.readManifest(record.uidHash, record.jobId)
  await deps.endings.settle(record.jobId, manifest)
  return 'landed'
}

/** A hanging holder goes on renewing: of a timed out job only progress speaks against its end. */
function seenBy(record: QueuedJob | ProcessingJob, reasonCode: LandReason): Seen {
  if (reasonCode !== 'sync_job_timeout') return record
  const { status, epoch, generation, progressAt } = record
  return { status, epoch, generation, progressAt }
}

/** A status never changes silently. */
function noteEnd(
  deps: LandDeps,
  { jobId, uidHash, uid, status }: QueuedJob | ProcessingJob,
  to: TerminalStatus,
  reason: string,
): void {
  deps.events.statusRewritten({ jobId, uidHash, uid, from: status, to, reason, by: 'reaper' })
}
