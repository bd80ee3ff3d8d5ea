import type { Archive } from '../durable/index.ts'
import { MalformedRecordError, type Manifest, SCHEMA_VERSION } from '../kernel/index.ts'
import type { JobStore, NewJob } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

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

/**
 * Brings a job back from its manifest. It must win its content claim too: the loser first writes
 * that its end is the winner's, then cleans up, so that one content is worked on once (I4, I5).
 */
export async function rebuildJob(
  deps: {
    readonly store: Pick<JobStore, 'create' | 'finalize'>
    readonly archive: Archive
    readonly events: Pick<Events, 'statusRewritten'>
  },
  manifest: Manifest,
  dueInMs: number,
): Promise<RebuildOutcome> {
  const { jobId, uidHash } = manifest
  // A job that runs with its user's own key has lost it: recovery lands it at its next look.
  const created = await deps.store.create(newJobOf(manifest, manifest.byok ? 0 : dueInMs))
  if (created.kind === 'created') {
    deps.events.statusRewritten({
      jobId,
      uidHash,
      from: 'missing',
      to: 'queued',
      reason: 'rebuilt from its manifest',
      by: 'rebuild',
    })
    // An end that became durable while there was no record stands: nobody runs the job again (I2).
    const known = await deps.archive.readOutcome(uidHash, jobId)
    if (known && 'outcome' in known) await deps.store.finalize(jobId, known.outcome)
    return 'rebuilt'
  }
  // Only a key's first use can meet other content, and a rebuild uses none.
  if (created.kind === 'reused') throw new MalformedRecordError('a rebuild was refused for a key')
  await deps.archive.createOutcome({
    schemaVersion: SCHEMA_VERSION,
    jobId,
    uidHash,
    sameAs: created.jobId,
  })
  await deps.archive.deleteStaging(manifest)
  deps.events.statusRewritten({
    jobId,
    uidHash,
    from: 'missing',
    to: 'same_as',
    reason: `its content is job ${created.jobId}`,
    by: 'rebuild',
  })
  return 'same_as_other'
}
