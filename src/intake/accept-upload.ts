import { standingJob } from '../jobs/index.ts'
import { type Manifest, UnavailableError } from '../kernel/index.ts'
import type { KeyUse } from '../ports/index.ts'
import type { AcceptDeps, Upload } from './accept-deps.ts'
import { type Accepted, answerRepeat } from './accepted.ts'
import { keyReused, readIdempotencyKey } from './idempotency-key.ts'
import { knownJob } from './known-job.ts'
import { pausedJob } from './paused-job.ts'
import { bindToKnown } from './record-job.ts'
import { UploadRefusedError } from './refusal.ts'
import { removeStaged } from './remove-staged.ts'
import { stageManifest } from './stage-manifest.ts'
import { readUpload } from './stage-upload.ts'
import { startJob } from './start-job.ts'
import { limitAge } from './upload-age.ts'

/**
 * An upload becomes a durable job: blobs, manifest, record with content claim, task; then the 202.
 * From the manifest on the upload is accepted and nothing of it is deleted (I1): a step whose reply
 * is lost is finished by recovery, and the client's own retry is adopted by its content.
 * An upload older than any may be is refused: its blobs may be swept by now.
 * @throws UploadRefusedError; what was staged before the manifest is removed
 */
export async function acceptUpload(deps: AcceptDeps, upload: Upload): Promise<Accepted> {
  try {
    const key = readIdempotencyKey(deps, upload.uid, upload.idempotencyKey)
    const repeated = key && (await answerByKey(deps, upload, key))
    if (repeated) return repeated
    return await stageAndRecord(deps, upload, key)
  } catch (error) {
    throw asRefusal(deps, error)
  }
}

/**
 * A key that stands for a job decides before a byte is staged: the files are read, and are that job's
 * or the key's misuse. A job that failed decides nothing: its re-upload is accepted at once (I7).
 */
async function answerByKey(
  deps: AcceptDeps,
  upload: Upload,
  key: KeyUse,
): Promise<Accepted | undefined> {
  const { uid } = upload
  const holder = await deps.store.keyHolder(uid, key.keyId)
  if (!holder) return undefined
  const uidHash = deps.naming.uidHash(uid)
  const before = await standingJob(deps, { uidHash }, holder.jobId)
  if (before.kind === 'free') return undefined
  const { files } = await readUpload(deps, upload.uid, upload.parts)
  if (deps.naming.contentId(uid, files) !== holder.contentId) throw keyReused()
  const now = await standingJob(deps, { uidHash }, holder.jobId)
  const { job } = now.kind === 'known' ? now : before
  return answerRepeat(deps, uid, job)
}

async function stageAndRecord(
  deps: AcceptDeps,
  upload: Upload,
  key: KeyUse | undefined,
): Promise<Accepted> {
  const startedMs = deps.clock.monotonicMs()
  const refuseLate = limitAge(deps)
  const staged: string[] = []
  let manifest: Manifest
  try {
    manifest = await stageManifest(deps, upload, staged)
    const standing = await deps.store.contentStanding(manifest.uid, manifest.contentId)
    const known = await knownJob(deps, manifest, standing.holder, key)
    if (known.kind === 'known') {
      await bindToKnown(deps, manifest, key, known.job)
      await removeStaged(deps, staged)
      return answerRepeat(deps, upload.uid, known.job)
    }
    const paused = await pausedJob(deps, manifest, standing.pausedUntil)
    if (paused) {
      await removeStaged(deps, staged)
      return answerRepeat(deps, upload.uid, paused)
    }
    upload.signal.throwIfAborted()
    refuseLate()
  } catch (error) {
    await removeStaged(deps, staged)
    throw error
  }
  await deps.archive.createManifest(manifest)
  // Nothing is taken back here: what the manifest stands for is brought to its end by recovery.
  refuseLate()
  return startJob(deps, upload, { manifest, key, startedMs })
}

function asRefusal(deps: AcceptDeps, error: unknown): unknown {
  if (!(error instanceof UnavailableError)) return error
  const words = 'recordings cannot be taken at the moment; yours stays on your device'
  return new UploadRefusedError(words, {
    code: error.party === 'redis' ? 'ledger_unavailable' : 'staging_unavailable',
    retryAfterMs: deps.unavailableRetryAfterMs,
    cause: error,
  })
}
