import { type KnownJob, type StandingJobDeps, standingJob } from '../jobs/index.ts'
import { contentClaimAfter, type JobId, type Manifest } from '../kernel/index.ts'
import type { JobStore, KeyUse } from '../ports/index.ts'

export interface KnownJobDeps extends StandingJobDeps {
  readonly store: Pick<JobStore, 'view'>
}

/**
 * The job that has these very bytes, if it runs, has completed them or was cancelled.
 * @param holder the job that has its content claim
 * @param key one that does not stand for that job yet: who names a new key means to have cancelled
 * content worked on after all
 */
export async function knownJob(
  deps: KnownJobDeps,
  manifest: Pick<Manifest, 'uidHash'>,
  holder: JobId | undefined,
  key: KeyUse | undefined,
): Promise<KnownJob> {
  if (!holder) return { kind: 'free' }
  const known = await standingJob(deps, manifest, holder)
  if (known.kind === 'free' || !key) return known
  const { outcome } = known.job
  return outcome && contentClaimAfter(outcome) === 'paused' ? { kind: 'free' } : known
}
