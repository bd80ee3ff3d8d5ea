import type { Archive } from '../durable/index.ts'
import type { FairUse } from '../fair-use/index.ts'
import { type EnqueueDeps, enqueue, newJobOf } from '../jobs/index.ts'
import {
  type ConversationId,
  conversationIdSchema,
  type DispatchMode,
  laneOf,
  type Manifest,
  newJobId,
  objectNames,
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
  RandomBytes,
  SpeechToText,
} from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import type { Accepted } from './accepted.ts'
import { knownJob } from './known-job.ts'
import { pausedJob } from './paused-job.ts'
import { UploadRefusedError } from './refusal.ts'
import { type StageUploadDeps, stageUpload, type UploadPart } from './stage-upload.ts'

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
}

export interface Upload {
  readonly uid: Uid
  readonly parts: AsyncIterable<UploadPart>
  /** The raw `conversation_id`, if any. */
  readonly conversationId: string | undefined
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
  const startedMs = deps.clock.monotonicMs()
  const staged: string[] = []
  let manifest: Manifest
  try {
    manifest = await stageAll(deps, upload, staged)
    const known = await knownJob(deps, manifest)
    if (known.kind === 'known') {
      await removeObjects(deps, staged)
      return known.accepted
    }
    const paused = await pausedJob(deps, manifest)
    if (paused) {
      await removeObjects(deps, staged)
      return paused
    }
    upload.signal.throwIfAborted()
  } catch (error) {
    await removeObjects(deps, staged)
    throw asRefusal(deps, error)
  }
  try {
    await deps.archive.createManifest(manifest)
    return await recordAndEnqueue(deps, upload, manifest, startedMs)
  } catch (error) {
    throw asRefusal(deps, error)
  }
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
  manifest: Manifest,
  startedMs: number,
): Promise<Accepted> {
  const askedAtMs = deps.clock.monotonicMs()
  const claim =
    manifest.dispatchMode === 'inline'
      ? { token: deps.inline.newToken(), leaseMs: deps.leaseMs }
      : undefined
  const job = { ...newJobOf(manifest, deps.probeAfterMs), ...(claim ? { claim } : {}) }
  let created = await deps.store.create(job)
  if (created.kind === 'held') {
    const known = await knownJob(deps, manifest)
    if (known.kind === 'known') return giveWay(deps, manifest, known.accepted)
    created = await deps.store.create({ ...job, voidHolder: created.jobId })
    if (created.kind === 'held') {
      throw new UnavailableError('the content claim moved while it was asked for', {
        party: 'redis',
      })
    }
  }
  if (created.claim) deps.inline.start(manifest, created.claim, askedAtMs, upload.ownSpeechToText)
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

/** The same bytes became a job in the meantime: this upload is not one. Manifest first, then blobs. */
async function giveWay(
  deps: AcceptDeps,
  manifest: Manifest,
  accepted: Accepted,
): Promise<Accepted> {
  const { uidHash, jobId, files } = manifest
  const isForgotten = await removeObjects(deps, [objectNames.manifest(uidHash, jobId)])
  // A manifest that may still stand would promise blobs that are gone.
  if (isForgotten) {
    await removeObjects(
      deps,
      files.map((file) => file.object),
    )
  }
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

/**
 * What cannot be removed now is swept later: blobs without a manifest belong to no job.
 * @returns whether all of them are proven gone
 */
async function removeObjects(deps: AcceptDeps, names: readonly string[]): Promise<boolean> {
  let isGone = true
  for (const name of names) {
    try {
      await deps.objects.delete(name)
    } catch (error) {
      isGone = false
      deps.events.unexpectedError({ where: 'upload clean-up', error })
    }
  }
  return isGone
}

function asRefusal(deps: AcceptDeps, error: unknown): unknown {
  if (!(error instanceof UnavailableError)) return error
  return new UploadRefusedError(`${error.party} is unavailable`, {
    code: error.party === 'redis' ? 'ledger_unavailable' : 'staging_unavailable',
    retryAfterMs: deps.unavailableRetryAfterMs,
    cause: error,
  })
}
