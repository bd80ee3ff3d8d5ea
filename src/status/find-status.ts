import type { Archive } from '../durable/index.ts'
import type { JobId, Manifest, OutcomeObject, StatusView, UidHash } from '../kernel/index.ts'
import type { JobStore } from '../ports/index.ts'

export interface FindStatusDeps {
  readonly store: Pick<JobStore, 'view'>
  readonly archive: Archive
}

export type FoundStatus =
  | { readonly kind: 'found'; readonly view: StatusView }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'unknown' }

/**
 * A poll changes nothing (I9). A record that is missing is looked for in its outcome, then its
 * manifest, then once more in both places, before anyone says unknown: the client uploads again on
 * that word. @throws UnavailableError, which is never "unknown"
 */
export async function findStatus(
  deps: FindStatusDeps,
  uidHash: UidHash,
  jobId: JobId,
): Promise<FoundStatus> {
  const live = await deps.store.view(jobId)
  if (live) return owned(live, uidHash)
  const ended = await endedView(deps.archive, uidHash, jobId)
  if (ended) return { kind: 'found', view: ended }
  const manifest = await deps.archive.readManifest(uidHash, jobId)
  if (manifest) return { kind: 'found', view: viewOfManifest(manifest) }
  const rebuilt = await deps.store.view(jobId)
  if (rebuilt) return owned(rebuilt, uidHash)
  const late = await endedView(deps.archive, uidHash, jobId)
  return late ? { kind: 'found', view: late } : { kind: 'unknown' }
}

function owned(view: StatusView, uidHash: UidHash): FoundStatus {
  return view.uidHash === uidHash ? { kind: 'found', view } : { kind: 'foreign' }
}

async function endedView(
  archive: Archive,
  uidHash: UidHash,
  jobId: JobId,
): Promise<StatusView | undefined> {
  const object = await archive.readOutcome(uidHash, jobId)
  if (!object) return undefined
  if ('outcome' in object) return viewOfOutcome(object, jobId)
  const twin = await archive.readOutcome(uidHash, object.sameAs)
  return twin && 'outcome' in twin ? viewOfOutcome(twin, jobId) : undefined
}

function viewOfOutcome(
  object: Extract<OutcomeObject, { outcome: unknown }>,
  jobId: JobId,
): StatusView {
  const { uidHash, lane, totalFiles, outcome } = object
  return {
    jobId,
    uidHash,
    status: outcome.status,
    stage: 'finalizing',
    segments: outcome.segments,
    totalFiles,
    attempt: 0,
    lane,
    enrichment: 'none',
    outcome,
  }
}

function viewOfManifest(manifest: Manifest): StatusView {
  const { jobId, uidHash, lane, files } = manifest
  return {
    jobId,
    uidHash,
    status: 'queued',
    stage: 'staged',
    segments: { total: 0, successful: 0, silent: 0, failed: 0 },
    totalFiles: files.length,
    attempt: 0,
    lane,
    enrichment: 'none',
  }
}
