import { type Archive, followOutcome } from '../durable/index.ts'
import {
  type JobId,
  MalformedRecordError,
  type Manifest,
  SCHEMA_VERSION,
  UnavailableError,
} from '../kernel/index.ts'
import type { CreateJobResult, JobStore, NewJob } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import { standingJob } from './standing-job.ts'

/** Why a job without a worker is at its end at once. */
export const DURABLE_OUTCOME = 'its outcome was durable'

/** The record that stands for a manifest, at acceptance and after the store forgot it. */
export function newJobOf(manifest: Manifest, dueInMs: number): NewJob {
  const { jobId, uid, uidHash, contentId, lane, dispatchMode, byok, acceptedAt, capturedAt } =
    manifest
  return {
    schemaVersion: manifest.schemaVersion,
    jobId,
    uid,
    uidHash,
    contentId,
    lane,
    dispatchMode,
    byok,
    totalFiles: manifest.files.length,
    createdAt: acceptedAt,
    capturedAt,
    dueInMs,
  }
}

export type RebuildOutcome = 'rebuilt' | 'same_as_other'

export interface RebuildDeps {
  readonly store: Pick<JobStore, 'create' | 'finalize' | 'view'>
  readonly archive: Archive
  readonly events: Pick<Events, 'statusRewritten'>
}

/**
 * Brings a job back from its manifest. It must win its content claim too: the loser first writes
 * that its end is the winner's, then cleans up, so that one content is worked on once (I4, I5). A
 * holder that stands for nothing any more is no winner.
 * @throws UnavailableError when the content's holder changed meanwhile
 */
export async function rebuildJob(
  deps: RebuildDeps,
  manifest: Manifest,
  dueInMs: number,
): Promise<RebuildOutcome> {
  // A job that runs with its user's own key has lost it: recovery lands it at its next look.
  const dueIn = manifest.byok ? 0 : dueInMs
  const job: NewJob = { ...newJobOf(manifest, dueIn), rebuiltFrom: 'manifest' }
  const created = await deps.store.create(job)
  if (created.kind !== 'held') return goOn(deps, manifest, created)
  const holder = await standingJob(deps, manifest, created.jobId)
  if (holder.kind === 'known') return endAsOther(deps, manifest, created.jobId)
  return goOn(deps, manifest, await deps.store.create({ ...job, voidHolder: created.jobId }))
}

async function goOn(
  deps: RebuildDeps,
  { jobId, uid, uidHash }: Manifest,
  created: CreateJobResult,
): Promise<'rebuilt'> {
  // Only a key's first use can meet other content, and a rebuild uses none.
  if (created.kind === 'reused') throw new MalformedRecordError('a rebuild was refused for a key')
  if (created.kind === 'held') {
    throw new UnavailableError('the content claim moved while a job was rebuilt', {
      party: 'redis',
    })
  }
  const rewrite = { jobId, uidHash, uid, by: 'rebuild' } as const
  deps.events.statusRewritten({
    ...{ ...rewrite, from: 'missing', to: 'queued', reason: 'rebuilt from its manifest' },
  })
  // An end that became durable while there was no record stands: nobody runs the job again (I2).
  const end = await followOutcome(deps.archive, uidHash, jobId)
  if (end.kind !== 'ended') return 'rebuilt'
  const { outcome } = end.object
  await deps.store.finalize(jobId, outcome)
  deps.events.statusRewritten({
    ...{ ...rewrite, from: 'queued', to: outcome.status, reason: DURABLE_OUTCOME },
  })
  return 'rebuilt'
}

async function endAsOther(
  deps: RebuildDeps,
  manifest: Manifest,
  sameAs: JobId,
): Promise<'same_as_other'> {
  const { jobId, uid, uidHash } = manifest
  await deps.archive.createOutcome({ schemaVersion: SCHEMA_VERSION, jobId, uidHash, sameAs })
  await deps.archive.deleteStaging(manifest)
  deps.events.statusRewritten({
    ...{ jobId, uidHash, uid, from: 'missing', to: 'same_as', by: 'rebuild' },
    reason: `its content is job ${sameAs}`,
  })
  return 'same_as_other'
}
