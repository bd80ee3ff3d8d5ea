import type { Archive } from '../durable/index.ts'
import type { FairUse } from '../fair-use/index.ts'
import { type EnqueueDeps, enqueue } from '../jobs/index.ts'
import {
  type ConversationId,
  conversationIdSchema,
  type DispatchMode,
  laneOf,
  type Manifest,
  newJobId,
  SCHEMA_VERSION,
  shardOfUid,
  type Uid,
  type UidHash,
  UnavailableError,
} from '../kernel/index.ts'
import type {
  Claim,
  ConversationStore,
  JobStore,
  KeyUse,
  RandomBytes,
  SpeechToText,
} from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import type { Accepted } from './accepted.ts'
import { keyReused, readIdempotencyKey } from './idempotency-key.ts'
import { knownJob, standingJob } from './known-job.ts'
import { pausedJob } from './paused-job.ts'
import { bindToKnown, recordJob } from './record-job.ts'
import { UploadRefusedError } from './refusal.ts'
import { removeStaged } from './remove-staged.ts'
import { readUpload, type StageUploadDeps, stageUpload, type UploadPart } from './stage-upload.ts'

export interface AcceptDeps extends StageUploadDeps {
  readonly archive: Archive
  readonly store: JobStore
  readonly conversations: ConversationStore
  readonly randomBytes: RandomBytes
  readonly events: Events
  readonly dispatchMode: DispatchMode
  /** Absent when fair use is off. */
  readonly fairUse?: Pick<FairUse, 'admit'> | undefined
  /** Absent when no queue is configured. */
  readonly enqueueing: EnqueueDeps | undefined
  /** The inline twin: takes over a job that is born held. */
  readonly inline: {
    newToken(): string
    start(manifest: Manifest, claim: Claim, askedAtMs: number, own?: SpeechToText): void
    takeOver(manifest: Manifest, generation: number): Promise<boolean>
  }
  /** Whether this process may run a job after its answer, when the queue refuses it. */
  readonly worksAfterResponse: boolean
  readonly leaseMs: number
  readonly freshMs: number
  readonly probeAfterMs: number
  readonly unavailableRetryAfterMs: number
  /** How long an idempotency key stands for its upload, from its last use. */
  readonly idempotencyKeyMs: number
}

export interface Upload {
  readonly uid: Uid
  readonly parts: AsyncIterable<UploadPart>
  /** The raw `conversation_id`, if any. */
  readonly conversationId: string | undefined
  /** The raw `Idempotency-Key`, if any. */
  readonly idempotencyKey?: string
  readonly platform?: string
  readonly appVersion?: string
  /** Built from the user's own key; lives as long as the job's run in this process. */
  readonly ownSpeechToText?: SpeechToText
  /** Aborted when the client goes away; ignored once the manifest is written. */
  readonly signal: AbortSignal
}

/**
 * An upload becomes a durable job: blobs, manifest, record with content claim, task; then the 202.
 * From the manifest on the upload is accepted and nothing of it is deleted (I1): a step whose reply
 * is lost is finished by recovery, and the client's own retry is adopted by its content.
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
  const { accepted } = now.kind === 'known' ? now : before
  return repeat(deps, uid, accepted)
}

async function stageAndRecord(
  deps: AcceptDeps,
  upload: Upload,
  key: KeyUse | undefined,
): Promise<Accepted> {
  const startedMs = deps.clock.monotonicMs()
  const staged: string[] = []
  let manifest: Manifest
  try {
    manifest = await stageAll(deps, upload, staged)
    const known = await knownJob(deps, manifest, key)
    if (known.kind === 'known') {
      await bindToKnown(deps, manifest, key, known.accepted)
      await removeStaged(deps, staged)
      return repeat(deps, upload.uid, known.accepted)
    }
    const paused = await pausedJob(deps, manifest)
    if (paused) {
      await removeStaged(deps, staged)
      return repeat(deps, upload.uid, paused)
    }
    upload.signal.throwIfAborted()
  } catch (error) {
    await removeStaged(deps, staged)
    throw error
  }
  await deps.archive.createManifest(manifest)
  return recordAndEnqueue(deps, upload, { manifest, key, startedMs })
}

async function stageAll(deps: AcceptDeps, upload: Upload, staged: string[]): Promise<Manifest> {
  const { uid } = upload
  const uidHash = deps.naming.uidHash(uid)
  const byok = upload.ownSpeechToText !== undefined
  const { isThrottled, isLocked } = await admit(deps, { uid, uidHash, byok })
  const jobId = newJobId(deps.randomBytes(16), shardOfUid(uid))
  const target = await findTarget(deps, uidHash, upload.conversationId)
  const { files, source } = await stageUpload(
    deps,
    { uid, uidHash, jobId },
    upload.parts,
    staged,
    upload.signal,
  )
  const acceptedAt = deps.clock.now()
  const capturedAt = Math.min(...files.map((file) => file.startMs))
  return {
    schemaVersion: SCHEMA_VERSION,
    jobId,
    uid,
    uidHash,
    contentId: deps.naming.contentId(uid, files),
    source,
    lane: isThrottled ? 'backfill' : laneOf(capturedAt, acceptedAt, deps.freshMs),
    dispatchMode: byok ? 'inline' : deps.dispatchMode,
    byok,
    acceptedAt,
    capturedAt,
    files: [...files],
    ...(isLocked ? { locked: true } : {}),
    ...(target ? { target } : {}),
    ...(upload.platform ? { platform: upload.platform.slice(0, 64) } : {}),
    ...(upload.appVersion ? { appVersion: upload.appVersion.slice(0, 64) } : {}),
  }
}

/** Before a byte is staged: a user over the limits keeps the recording and hears when to come again. */
async function admit(
  deps: AcceptDeps,
  user: { readonly uid: Uid; readonly uidHash: UidHash; readonly byok: boolean },
) {
  const admission = await deps.fairUse?.admit(user)
  if (!admission) return { isThrottled: false, isLocked: false }
  if (admission.kind === 'welcome') return admission
  const { detail, retryAfterMs } = admission
  throw new UploadRefusedError(detail, { code: 'fair_use_restricted', retryAfterMs })
}

async function recordAndEnqueue(
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
  if (recorded.kind === 'known') return repeat(deps, manifest.uid, recorded.accepted)
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

/** The upload is another one's repetition, and is answered with that one's job. */
function repeat(deps: AcceptDeps, uid: Uid, accepted: Accepted): Accepted {
  const { jobId, status } = accepted
  deps.events.uploadRepeated({ jobId, uid, uidHash: deps.naming.uidHash(uid), status })
  return accepted
}

/** A conversation that the user does not have is no target; text that is no id is a mistake. */
async function findTarget(
  deps: AcceptDeps,
  uidHash: UidHash,
  raw: string | undefined,
): Promise<ConversationId | undefined> {
  if (raw === undefined || raw === '') return undefined
  const id = conversationIdSchema.safeParse(raw)
  if (!id.success) {
    throw new UploadRefusedError('conversation_id is not a conversation id', {
      code: 'invalid_conversation_id',
    })
  }
  return (await deps.conversations.find(uidHash, id.data))?.id
}

function asRefusal(deps: AcceptDeps, error: unknown): unknown {
  if (!(error instanceof UnavailableError)) return error
  return new UploadRefusedError(`${error.party} is unavailable`, {
    code: error.party === 'redis' ? 'ledger_unavailable' : 'staging_unavailable',
    retryAfterMs: deps.unavailableRetryAfterMs,
    cause: error,
  })
}
