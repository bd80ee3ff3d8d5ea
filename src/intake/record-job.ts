import type { Archive } from '../durable/index.ts'
import { newJobOf } from '../jobs/index.ts'
import { type Manifest, UnavailableError } from '../kernel/index.ts'
import type {
  Claim,
  CreateJobResult,
  JobStore,
  KeyUse,
  NewJob,
  ObjectStore,
} from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import type { Accepted } from './accepted.ts'
import { keyReused } from './idempotency-key.ts'
import { knownJob } from './known-job.ts'
import { withdraw } from './remove-staged.ts'

export interface RecordJobDeps {
  readonly store: JobStore
  readonly archive: Archive
  readonly objects: ObjectStore
  readonly events: Events
  readonly probeAfterMs: number
}

export type RecordedJob =
  | { readonly kind: 'created'; readonly claim?: Claim }
  /** The same bytes became a job in the meantime: this upload is not one, and is withdrawn. */
  | { readonly kind: 'known'; readonly job: Accepted }

/**
 * A manifest becomes a record with its content claim and its key. Only what is proven to have become
 * no job is withdrawn; in doubt everything stays, and recovery or the client's retry goes on with it.
 * @throws UploadRefusedError `idempotency_key_reused`, or UnavailableError
 */
export async function recordJob(
  deps: RecordJobDeps,
  manifest: Manifest,
  born: Pick<NewJob, 'claim' | 'key'>,
): Promise<RecordedJob> {
  const job: NewJob = { ...newJobOf(manifest, deps.probeAfterMs), ...born }
  let created = await createSurely(deps, manifest, job)
  if (created.kind === 'held') {
    const known = await knownJob(deps, manifest, created.jobId, job.key)
    if (known.kind === 'known') {
      await withdraw(deps, manifest)
      await bindToKnown(deps, manifest, job.key, known.job)
      return known
    }
    created = await createSurely(deps, manifest, { ...job, voidHolder: created.jobId })
  }
  switch (created.kind) {
    case 'created':
      return created
    case 'reused':
      await withdraw(deps, manifest)
      throw keyReused()
    case 'held':
      throw new UnavailableError('the content claim moved while it was asked for', {
        party: 'redis',
      })
  }
}

/** The key of an upload that became no job of its own stands for the job that has its bytes. */
export async function bindToKnown(
  deps: Pick<RecordJobDeps, 'store'>,
  { contentId }: Pick<Manifest, 'contentId'>,
  key: KeyUse | undefined,
  { jobId }: Accepted,
): Promise<void> {
  if (!key) return
  if ((await deps.store.bindKey(key, { jobId, contentId })) === 'reused') throw keyReused()
}

/** A create whose reply was lost is looked up by its id; sent again, it answers for its own record. */
async function createSurely(
  deps: RecordJobDeps,
  manifest: Manifest,
  job: NewJob,
): Promise<CreateJobResult> {
  try {
    return await deps.store.create(job)
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    if (error.refused) await withdraw(deps, manifest)
    else if (await deps.store.read(job.jobId)) return deps.store.create(job)
    throw error
  }
}
