import type { Archive } from '../durable/index.ts'
import type { JobId, Manifest, ProcessingJob, QueuedJob, ReasonCode } from '../kernel/index.ts'
import type { Seen } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import type { Endings } from './endings.ts'

export interface EndLiveDeps {
  readonly archive: Archive
  readonly endings: Endings
  readonly events: Events
}

/** Who ends a job that could have gone on, and what it is told to have ended of. */
export interface Verdict {
  readonly reasonCode: ReasonCode
  readonly by: 'user' | 'operator'
  /** A lease that was renewed since is no obstacle: a busy holder is fenced too. */
  readonly isForced: boolean
}

/**
 * Ends a live job on somebody's word, by the one landing rule: what landed stays and is counted; its
 * holder is fenced and aborts at its next write (I3, F44). A frozen end is only brought about (I2);
 * recovery does that should this process die in between.
 * @returns whether the job has ended; false when it moved since `record` was read
 */
export async function endLiveJob(
  deps: EndLiveDeps,
  record: QueuedJob | ProcessingJob,
  verdict: Verdict,
): Promise<boolean> {
  const { jobId, uid, uidHash, status, epoch, generation } = record
  const { archive, endings, events } = deps
  const { reasonCode, by } = verdict
  const manifest = await archive.readManifest(uidHash, jobId)
  if (record.status === 'processing' && record.ending) {
    await endings.complete(record, record.ending)
    await settle(deps, jobId, manifest)
    return true
  }
  const seen: Seen = verdict.isForced ? { status, epoch, generation } : record
  const outcome = manifest
    ? await endings.endSeen(manifest, seen, { reasonCode })
    : await endings.endSeenWithoutManifest(record, reasonCode)
  if (outcome === 'raced') return false
  const identity = { jobId, uid, uidHash }
  events.statusRewritten({ ...identity, from: status, to: outcome.status, reason: reasonCode, by })
  await settle(deps, jobId, manifest)
  return true
}

/** What cannot be cleared now is owed, and recovery finds it in the due index (I11). */
async function settle(
  deps: EndLiveDeps,
  jobId: JobId,
  manifest: Manifest | undefined,
): Promise<void> {
  try {
    await deps.endings.settle(jobId, manifest)
  } catch (error) {
    deps.events.unexpectedError({ where: 'clean-up of an ended job', jobId, error })
  }
}
