import { type EnqueueDeps, enqueue } from '../jobs/index.ts'
import type { Manifest } from '../kernel/index.ts'
import type { KeyUse } from '../ports/index.ts'
import type { AcceptDeps, Upload } from './accept-deps.ts'
import { type Accepted, answerRepeat } from './accepted.ts'
import { recordJob } from './record-job.ts'

/** What is durable becomes a record, and a task or a run of this process. */
export async function startJob(
  deps: AcceptDeps,
  upload: Upload,
  made: { manifest: Manifest; key: KeyUse | undefined; startedMs: number },
): Promise<Accepted> {
  const { manifest, key, startedMs } = made
  const askedAtMs = deps.clock.monotonicMs()
  const claim =
    manifest.dispatchMode === 'inline'
      ? { token: deps.inline.newToken(), leaseMs: deps.leaseMs }
      : undefined
  const recorded = await recordJob(deps, manifest, {
    ...(claim ? { claim } : {}),
    ...(key ? { key } : {}),
  })
  if (recorded.kind === 'known') return answerRepeat(deps, manifest.uid, recorded.job)
  const { claim: granted } = recorded
  if (granted) deps.inline.start(manifest, granted, askedAtMs, upload.ownSpeechToText)
  else if (deps.enqueueing) await enqueueOrRun(deps, deps.enqueueing, manifest)
  deps.events.uploadAccepted({
    jobId: manifest.jobId,
    uid: manifest.uid,
    uidHash: manifest.uidHash,
    files: manifest.files.length,
    bytes: manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    lane: manifest.lane,
    dispatchMode: manifest.dispatchMode,
    byok: manifest.byok,
    totalMs: Math.round(deps.clock.monotonicMs() - startedMs),
  })
  return {
    jobId: manifest.jobId,
    status: 'queued',
    lane: manifest.lane,
    totalFiles: manifest.files.length,
    totalSegments: 0,
  }
}

/**
 * Only a refusal proves that no task exists, and lets this process run the job itself. After any
 * doubt nothing is run here and nothing deleted: recovery asks the queue (I1).
 */
async function enqueueOrRun(
  deps: AcceptDeps,
  enqueueing: EnqueueDeps,
  manifest: Manifest,
): Promise<void> {
  const outcome = await enqueue(enqueueing, { ...manifest, generation: 0 })
  if (outcome.kind !== 'refused') return
  const { jobId, lane } = manifest
  const isTaken =
    deps.worksAfterResponse &&
    (await deps.inline.takeOver(manifest, 0).catch((error: unknown) => {
      deps.events.unexpectedError({ where: 'inline fallback', jobId, error })
      return false
    }))
  const to = isTaken ? 'inline' : 'recovery'
  deps.events.enqueueFellBack({ jobId, lane, to, cause: outcome.cause })
}
