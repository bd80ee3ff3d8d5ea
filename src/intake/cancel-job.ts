import { type Archive, followOutcome } from '../durable/index.ts'
import { type Endings, endLiveJob, rebuildJob } from '../jobs/index.ts'
import { type JobId, type UidHash, UnavailableError } from '../kernel/index.ts'
import type { JobStore } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

export interface CancelDeps {
  readonly store: JobStore
  readonly archive: Archive
  readonly endings: Endings
  readonly events: Events
  readonly probeAfterMs: number
}

/** A live job moves with every mark: it is looked at so often before the caller is told to come again. */
const LOOKS = 8
/** From this look on a lease that was renewed since is no obstacle: a busy holder is fenced too. */
const LOOKS_BEFORE_FORCE = 4

/**
 * The user takes a job back. It ends by the one landing rule: what landed stays and is counted, the
 * rest is given up with `sync_cancelled`; its holder is fenced and aborts at its next write (I3, F44).
 * A job that has ended, or whose end is frozen, keeps that end (I2). Once the end is frozen, recovery
 * brings it about should this process die. A forgotten job is brought back from its manifest first.
 * @returns `ended` when the job is terminal, whoever ended it
 * @throws UnavailableError when nothing is proven
 */
export async function cancelJob(
  deps: CancelDeps,
  uidHash: UidHash,
  jobId: JobId,
): Promise<'ended' | 'foreign' | 'unknown'> {
  for (let look = 1; look <= LOOKS; look += 1) {
    const record = await deps.store.read(jobId)
    if (!record) {
      const forgotten = await cancelForgotten(deps, uidHash, jobId)
      if (forgotten === 'rebuilt') continue
      // It may have come back, or ended, between the one look and the other.
      if (forgotten !== 'unknown' || look > 1) return forgotten
      continue
    }
    if (record.uidHash !== uidHash) return 'foreign'
    if (record.status !== 'queued' && record.status !== 'processing') return 'ended'
    const isForced = look > LOOKS_BEFORE_FORCE
    const verdict = { reasonCode: 'sync_cancelled', by: 'user', isForced } as const
    if (await endLiveJob(deps, record, verdict)) return 'ended'
  }
  throw new UnavailableError('the job moved each time it was to be cancelled', { party: 'redis' })
}

/** The record is gone: the outcome answers, the twin is cancelled, or the manifest brings it back. */
async function cancelForgotten(
  deps: CancelDeps,
  uidHash: UidHash,
  jobId: JobId,
): Promise<'ended' | 'foreign' | 'unknown' | 'rebuilt'> {
  const end = await followOutcome(deps.archive, uidHash, jobId)
  if (end.kind === 'ended') return 'ended'
  if (end.kind === 'void') return 'unknown'
  if (end.jobId !== jobId) return cancelJob(deps, uidHash, end.jobId)
  const manifest = await deps.archive.readManifest(uidHash, jobId)
  if (!manifest) return 'unknown'
  await rebuildJob(deps, manifest, deps.probeAfterMs)
  return 'rebuilt'
}
