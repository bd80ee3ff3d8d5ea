import type { Archive } from '../durable/index.ts'
import {
  contentClaimAfter,
  type JobId,
  type Manifest,
  type OutcomeObject,
} from '../kernel/index.ts'
import type { JobStore, KeyUse } from '../ports/index.ts'
import type { Accepted } from './accepted.ts'

/** What is known of a content: a job that stands for it, or none (a claim may be left behind). */
export type KnownJob =
  | { readonly kind: 'known'; readonly accepted: Accepted }
  | { readonly kind: 'free' }

export interface KnownJobDeps {
  readonly store: Pick<JobStore, 'contentHolder' | 'view'>
  readonly archive: Archive
}

/**
 * The job that has these very bytes, if it runs, has completed them or was cancelled. A claim whose job
 * has neither record, outcome nor manifest is void, and so is one whose job failed: a failure invites a
 * re-upload (I7).
 * @param key one that does not stand for that job yet: who names a new key means to have cancelled
 * content worked on after all
 */
export async function knownJob(
  deps: KnownJobDeps,
  manifest: Pick<Manifest, 'uid' | 'uidHash' | 'contentId'>,
  key: KeyUse | undefined,
): Promise<KnownJob> {
  const holder = await deps.store.contentHolder(manifest.uid, manifest.contentId)
  if (!holder) return { kind: 'free' }
  const known = await standingJob(deps, manifest, holder)
  if (known.kind === 'free' || !key) return known
  const { outcome } = known.accepted
  return outcome && contentClaimAfter(outcome) === 'paused' ? { kind: 'free' } : known
}

/** The same of a job by its id. */
export async function standingJob(
  deps: Pick<KnownJobDeps, 'archive'> & { readonly store: Pick<JobStore, 'view'> },
  { uidHash }: Pick<Manifest, 'uidHash'>,
  holder: JobId,
): Promise<KnownJob> {
  const view = await deps.store.view(holder)
  if (view) {
    const { status, lane, totalFiles, segments, outcome } = view
    if (outcome && contentClaimAfter(outcome) === 'lifted') return { kind: 'free' }
    const accepted = { jobId: holder, status, lane, totalFiles, totalSegments: segments.total }
    return { kind: 'known', accepted: { ...accepted, ...(outcome ? { outcome } : {}) } }
  }
  const ended = await followOutcome(deps.archive, await deps.archive.readOutcome(uidHash, holder))
  if (ended) {
    const { outcome, lane, totalFiles, jobId } = ended
    if (contentClaimAfter(outcome) === 'lifted') return { kind: 'free' }
    const totalSegments = outcome.segments.total
    return {
      kind: 'known',
      accepted: { jobId, status: outcome.status, lane, totalFiles, totalSegments, outcome },
    }
  }
  const kept = await deps.archive.readManifest(uidHash, holder)
  if (!kept) return { kind: 'free' }
  const { lane, files } = kept
  return {
    kind: 'known',
    accepted: { jobId: holder, status: 'queued', lane, totalFiles: files.length, totalSegments: 0 },
  }
}

async function followOutcome(archive: Archive, object: OutcomeObject | undefined) {
  if (!object || 'outcome' in object) return object
  const twin = await archive.readOutcome(object.uidHash, object.sameAs)
  return twin && 'outcome' in twin ? twin : undefined
}
