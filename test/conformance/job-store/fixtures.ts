import { randomBytes } from 'node:crypto'
import {
  type ContentId,
  contentIdSchema,
  idempotencyIdSchema,
  type JobId,
  newJobId,
  type Outcome,
  type SegmentId,
  segmentIdSchema,
  shardOfUid,
  type Uid,
  uidHashSchema,
  uidSchema,
} from '../../../src/kernel/index.ts'
import type {
  Claim,
  ClaimRequest,
  JobStore,
  KeyUse,
  NewJob,
  SegmentMark,
} from '../../../src/ports/index.ts'

/** A lease that outlives any case, and one that a case waits out. */
export const LONG_MS = 60_000
export const SHORT_MS = 60

const hex = (bytes: number) => randomBytes(bytes).toString('hex')

export const aToken = (): string => hex(16)
export const aUid = (): Uid => uidSchema.parse(`user-${hex(8)}`)
export const aContent = (): ContentId => contentIdSchema.parse(hex(20))
export const aSegment = (): SegmentId => segmentIdSchema.parse(hex(20))
export const aKey = (): KeyUse => ({ keyId: idempotencyIdSchema.parse(hex(20)), keptMs: LONG_MS })
export const aJobId = (uid: Uid): JobId => newJobId(randomBytes(16), shardOfUid(uid))

/** A fresh job of a fresh user with fresh content, unless told otherwise. */
export function aJob(given: Partial<NewJob> = {}): NewJob {
  const uid = given.uid ?? aUid()
  return {
    schemaVersion: 1,
    jobId: aJobId(uid),
    uid,
    uidHash: uidHashSchema.parse(Buffer.from(uid).toString('hex').slice(-32).padStart(32, '0')),
    contentId: aContent(),
    lane: 'fresh',
    dispatchMode: 'cloud_tasks',
    byok: false,
    totalFiles: 2,
    createdAt: 1_767_225_600_000,
    capturedAt: 1_767_222_000_000,
    dueInMs: LONG_MS,
    ...given,
  }
}

export function anOutcome(given: Partial<Outcome> = {}): Outcome {
  return {
    status: 'completed',
    segments: { total: 2, successful: 1, silent: 1, failed: 0 },
    newMemories: ['20260101-"quoted"'],
    updatedMemories: [],
    errors: [],
    endedAt: 1_767_225_660_000,
    ...given,
  }
}

export const aFailure = (): Outcome =>
  anOutcome({
    status: 'failed',
    segments: { total: 2, successful: 0, silent: 0, failed: 2 },
    errors: ['a.bin: 0-3 s: "why"\n\\ and \u2028 why not'],
    error: 'background worker likely died',
    reasonCode: 'sync_worker_lost',
    stageMs: { decoding: 12.5 },
  })

export const aRequest = (
  job: Pick<NewJob, 'jobId'>,
  given: Partial<ClaimRequest> = {},
): ClaimRequest => ({
  jobId: job.jobId,
  generation: 0,
  token: aToken(),
  leaseMs: LONG_MS,
  userSlots: 0,
  slotSnoozeMs: LONG_MS,
  ...given,
})

export const landed = (segmentId = aSegment()): SegmentMark => ({ segmentId, verdict: 'landed' })
export const silent = (segmentId = aSegment()): SegmentMark => ({ segmentId, verdict: 'silent' })
export const failed = (segmentId = aSegment()): SegmentMark => ({
  segmentId,
  verdict: 'failed',
  reasonCode: 'stt_timeout',
})

/** @throws Error when the store grants no claim */
export async function claimed(
  store: JobStore,
  job: Pick<NewJob, 'jobId'>,
  given: Partial<ClaimRequest> = {},
): Promise<Claim> {
  const answer = await store.claim(aRequest(job, given))
  if (answer.kind !== 'claimed') throw new Error(`the claim answered ${answer.kind}`)
  return answer.claim
}

/** A queued job. */
export async function created(store: JobStore, given: Partial<NewJob> = {}): Promise<NewJob> {
  const job = aJob(given)
  const answer = await store.create(job)
  if (answer.kind !== 'created') throw new Error(`the create answered ${answer.kind}`)
  return job
}

/** A job somebody works on. */
export async function running(
  store: JobStore,
  given: Partial<NewJob> = {},
  request: Partial<ClaimRequest> = {},
): Promise<{ readonly job: NewJob; readonly claim: Claim }> {
  const job = await created(store, given)
  return { job, claim: await claimed(store, job, request) }
}

/** @throws Error when there is no record */
export async function recordOf(store: JobStore, job: Pick<NewJob, 'jobId'>) {
  const record = await store.read(job.jobId)
  if (!record) throw new Error('the job has no record')
  return record
}
