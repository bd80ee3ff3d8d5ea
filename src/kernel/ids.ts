import { createHash, createHmac } from 'node:crypto'
import * as z from 'zod'
import { remembered } from './remembered.ts'

/**
 * Identifiers. A user is known to Redis by the shard of a plain hash and to durable objects by a
 * keyed hash, so that an object name tells a stranger nothing. A job id carries its shard in its
 * last byte: whoever holds a job id finds its keys without asking anyone.
 */
export const SHARD_COUNT = 64

export const jobIdSchema = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{10}[0-3][0-9a-f]$/)
  .brand('JobId')
export const uidSchema = z.string().min(1).max(128).brand('Uid')
export const uidHashSchema = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand('UidHash')
export const fileIdSchema = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .brand('FileId')
export const segmentIdSchema = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .brand('SegmentId')
export const contentIdSchema = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .brand('ContentId')
/** A user's `Idempotency-Key`, keyed, so that its text is stored nowhere. */
export const idempotencyIdSchema = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .brand('IdempotencyId')
/** `YYYYMMDD-` of the day document that holds the seed, then the seed's segment id. */
export const conversationIdSchema = z
  .string()
  .regex(/^\d{8}-[0-9a-f]{40}$/)
  .brand('ConversationId')

export type JobId = z.infer<typeof jobIdSchema>
export type Uid = z.infer<typeof uidSchema>
export type UidHash = z.infer<typeof uidHashSchema>
export type FileId = z.infer<typeof fileIdSchema>
export type SegmentId = z.infer<typeof segmentIdSchema>
export type ContentId = z.infer<typeof contentIdSchema>
export type IdempotencyId = z.infer<typeof idempotencyIdSchema>
export type ConversationId = z.infer<typeof conversationIdSchema>

export function parseJobId(text: string): JobId | undefined {
  const parsed = jobIdSchema.safeParse(text)
  return parsed.success ? parsed.data : undefined
}

export function shardOfUid(uid: Uid): number {
  return (createHash('sha256').update(uid).digest()[0] ?? 0) % SHARD_COUNT
}

export function shardOfJob(jobId: JobId): number {
  return Number.parseInt(jobId.slice(-2), 16) % SHARD_COUNT
}

/** @param random 16 random bytes; all but the version, variant and shard bits are kept. */
export function newJobId(random: Uint8Array, shard: number): JobId {
  const bytes = Buffer.from(random.subarray(0, 16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  bytes[15] = shard
  const hex = bytes.toString('hex')
  return jobIdSchema.parse(
    [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
      '-',
    ),
  )
}

/** What makes one file's audio itself: the same recording always gets the same id. */
export interface FileFacts {
  readonly sha256: string
  readonly startMs: number
  readonly codec: string
  readonly sampleRate: number
  readonly channels: number
  readonly frameSize: number
}

/** Users whose hash is kept, some 200 bytes each: a user's polls are many. */
const MOST_USERS = 10_000

/** Keyed names for users, files, segments and contents. The key never changes in a deployment. */
export interface Naming {
  uidHash(uid: Uid): UidHash
  fileId(uid: Uid, facts: FileFacts): FileId
  /** @param startSample @param endSample half-open span in the file, in 16 kHz samples. */
  segmentId(fileId: FileId, startSample: number, endSample: number): SegmentId
  contentId(uid: Uid, files: readonly { name: string; sha256: string }[]): ContentId
  idempotencyId(uid: Uid, key: string): IdempotencyId
}

export function createNaming(secret: string): Naming {
  const keyed = (kind: string, ...parts: readonly (string | number)[]) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([kind, ...parts]))
      .digest('hex')
  return {
    uidHash: remembered(MOST_USERS, (uid) => uidHashSchema.parse(keyed('uid', uid).slice(0, 32))),
    fileId: (uid, f) =>
      fileIdSchema.parse(
        keyed(
          'file',
          uid,
          f.sha256,
          f.startMs,
          f.codec,
          f.sampleRate,
          f.channels,
          f.frameSize,
        ).slice(0, 40),
      ),
    segmentId: (fileId, start, end) =>
      segmentIdSchema.parse(keyed('segment', fileId, start, end).slice(0, 40)),
    contentId: (uid, files) =>
      contentIdSchema.parse(
        keyed('content', uid, ...files.map((f) => `${f.name}:${f.sha256}`).sort()).slice(0, 40),
      ),
    idempotencyId: (uid, key) =>
      idempotencyIdSchema.parse(keyed('idempotency', uid, key).slice(0, 40)),
  }
}
