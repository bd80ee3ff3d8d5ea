import { type Archive, followOutcome } from '../durable/index.ts'
import type {
  EnrichmentStanding,
  JobId,
  Manifest,
  OutcomeObject,
  StatusView,
  UidHash,
} from '../kernel/index.ts'
import type { Clock, JobStore } from '../ports/index.ts'
import { type StandingDeps, standingOf } from './summaries.ts'

export interface FindStatusDeps {
  readonly store: Pick<JobStore, 'view'>
  readonly archive: Archive
  readonly clock: Pick<Clock, 'now'>
  /** How far this clock may be ahead of the store's before a lease is called lapsed. */
  readonly clockSkewMs: number
  /** Absent where no summaries are made. */
  readonly summaries?: StandingDeps | undefined
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
  if (live) return owned(asItStands(deps, live), uidHash)
  const ended = await findEnd(deps, uidHash, jobId)
  if (ended) return ended
  const manifest = await deps.archive.readManifest(uidHash, jobId)
  if (manifest) return { kind: 'found', view: viewOfManifest(manifest) }
  const rebuilt = await deps.store.view(jobId)
  if (rebuilt) return owned(asItStands(deps, rebuilt), uidHash)
  return (await findEnd(deps, uidHash, jobId)) ?? { kind: 'unknown' }
}

/** The view of a user's own job while its record lives; undefined says nothing about the job. */
export async function findLive(
  deps: FindStatusDeps,
  uidHash: UidHash,
  jobId: JobId,
): Promise<StatusView | undefined> {
  const live = await deps.store.view(jobId)
  return live?.uidHash === uidHash ? asItStands(deps, live) : undefined
}

/** What the outcome says; for a job whose content became another's, how that one stands. */
async function findEnd(
  deps: FindStatusDeps,
  uidHash: UidHash,
  jobId: JobId,
): Promise<FoundStatus | undefined> {
  const end = await followOutcome(deps.archive, uidHash, jobId)
  if (end.kind === 'ended') {
    const { uidHash: owner, outcome } = end.object
    const standing: EnrichmentStanding = deps.summaries
      ? await standingOf(deps.summaries, owner, outcome)
      : { enrichment: 'none' }
    return { kind: 'found', view: viewOfOutcome(end.object, jobId, standing) }
  }
  if (end.kind === 'void' || end.jobId === jobId) return undefined
  const twin = await findStatus(deps, uidHash, end.jobId)
  return twin.kind === 'found' ? { kind: 'found', view: { ...twin.view, jobId } } : twin
}

/**
 * A job whose lease lapsed has no worker, whatever its record still says: it waits for its next
 * delivery. When the lease ends is nobody's business but ours, and would change with every renewal.
 */
function asItStands(
  { clock, clockSkewMs }: FindStatusDeps,
  { leaseUntil, ...view }: StatusView,
): StatusView {
  if (leaseUntil === undefined || clock.now() <= leaseUntil + clockSkewMs) return view
  return { ...view, status: 'queued', waitingFor: 'retry', waitingSince: leaseUntil }
}

function owned(view: StatusView, uidHash: UidHash): FoundStatus {
  return view.uidHash === uidHash ? { kind: 'found', view } : { kind: 'foreign' }
}

function viewOfOutcome(
  object: Extract<OutcomeObject, { outcome: unknown }>,
  jobId: JobId,
  standing: EnrichmentStanding,
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
    ...standing,
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
    createdAt: manifest.acceptedAt,
    enrichment: 'none',
  }
}
