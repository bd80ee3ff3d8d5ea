import {
  type ConversationId,
  conversationIdSchema,
  laneOf,
  type Manifest,
  newJobId,
  SCHEMA_VERSION,
  shardOfUid,
  type Uid,
  type UidHash,
} from '../kernel/index.ts'
import type { AcceptDeps, Upload } from './accept-deps.ts'
import { UploadRefusedError } from './refusal.ts'
import { stageUpload } from './stage-upload.ts'

/**
 * Admits the user, stages every file and says what the job will be. Not yet durable.
 * @param staged gets the name of every blob as it is begun: the caller removes them on a failure
 * @throws UploadRefusedError
 */
export async function stageManifest(
  deps: AcceptDeps,
  upload: Upload,
  staged: string[],
): Promise<Manifest> {
  const { uid } = upload
  const uidHash = deps.naming.uidHash(uid)
  const byok = upload.ownSpeechToText !== undefined
  const { isThrottled, isLocked } = await admit(deps, { uid, uidHash, byok })
  const jobId = newJobId(deps.randomBytes(16), shardOfUid(uid))
  const target = await findTarget(deps, { uidHash, isLocked }, upload.conversationId)
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

/**
 * A conversation that the user does not have, or has deleted, is no target: the audio goes by its own
 * time. Neither is one that is locked when this is not, or the other way round. Text that is no id is a mistake.
 */
async function findTarget(
  deps: AcceptDeps,
  { uidHash, isLocked }: { readonly uidHash: UidHash; readonly isLocked: boolean },
  raw: string | undefined,
): Promise<ConversationId | undefined> {
  if (raw === undefined || raw === '') return undefined
  const id = conversationIdSchema.safeParse(raw)
  if (!id.success) {
    throw new UploadRefusedError('conversation_id is not a conversation id', {
      code: 'invalid_conversation_id',
    })
  }
  const found = await deps.conversations.find(uidHash, id.data)
  return found?.members.every((each) => each.partition.locked === isLocked) ? found.id : undefined
}
