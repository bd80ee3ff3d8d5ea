import { type Archive, followOutcome } from '../durable/index.ts'
import {
  contentClaimAfter,
  type JobId,
  type Lane,
  type Manifest,
  type Outcome,
  type Status,
} from '../kernel/index.ts'
import type { JobStore } from '../ports/index.ts'

/** A job that stands for a content. */
export interface StandingJob {
  readonly jobId: JobId
  readonly status: Status
  readonly lane: Lane
  readonly totalFiles: number
  readonly totalSegments: number
  readonly outcome?: Outcome
}

/** What is known of a content: a job that stands for it, or none (a claim may be left behind). */
export type KnownJob =
  | { readonly kind: 'known'; readonly job: StandingJob }
  | { readonly kind: 'free' }

export interface StandingJobDeps {
  readonly store: Pick<JobStore, 'view'>
  readonly archive: Pick<Archive, 'readManifest' | 'readOutcome'>
}

/**
 * Whether the holder of a content claim stands: its job runs, has completed or was cancelled. A claim
 * whose job has neither record, outcome nor manifest is void, and so is one whose job failed: a failure
 * invites a re-upload (I7).
 */
export async function standingJob(
  deps: StandingJobDeps,
  { uidHash }: Pick<Manifest, 'uidHash'>,
  holder: JobId,
): Promise<KnownJob> {
  const view = await deps.store.view(holder)
  if (view) {
    const { status, lane, totalFiles, segments, outcome } = view
    if (outcome && contentClaimAfter(outcome) === 'lifted') return { kind: 'free' }
    const job = { jobId: holder, status, lane, totalFiles, totalSegments: segments.total }
    return { kind: 'known', job: { ...job, ...(outcome ? { outcome } : {}) } }
  }
  // Before the outcome: a job that ends meanwhile has written that when its manifest goes.
  const kept = await deps.archive.readManifest(uidHash, holder)
  const end = await followOutcome(deps.archive, uidHash, holder)
  if (end.kind === 'ended') {
    const { outcome, lane, totalFiles, jobId } = end.object
    if (contentClaimAfter(outcome) === 'lifted') return { kind: 'free' }
    const totalSegments = outcome.segments.total
    const { status } = outcome
    return { kind: 'known', job: { jobId, status, lane, totalFiles, totalSegments, outcome } }
  }
  if (end.kind === 'open' && end.jobId !== holder) {
    return standingJob(deps, { uidHash }, end.jobId)
  }
  if (!kept || end.kind === 'void') return { kind: 'free' }
  const { lane, files } = kept
  return {
    kind: 'known',
    job: { jobId: holder, status: 'queued', lane, totalFiles: files.length, totalSegments: 0 },
  }
}
