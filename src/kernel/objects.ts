import * as z from 'zod'
import { MalformedRecordError } from './errors.ts'
import {
  type ConversationId,
  contentIdSchema,
  conversationIdSchema,
  fileIdSchema,
  type JobId,
  jobIdSchema,
  segmentIdSchema,
  type UidHash,
  uidHashSchema,
  uidSchema,
} from './ids.ts'
import { dispatchModeSchema, laneSchema, outcomeSchema } from './job.ts'

/** The durable objects: create-only, each one fact, each with its schema version. */
export const SCHEMA_VERSION = 1

const version = z.literal(SCHEMA_VERSION)
const instant = z.number().nonnegative()

const stagedFileSchema = z.object({
  name: z.string(),
  object: z.string(),
  sizeBytes: z.int().nonnegative(),
  /** Base64 of the big-endian CRC32C, as GCS writes it. */
  crc32c: z.string(),
  sha256: z.string(),
  fileId: fileIdSchema,
  startMs: instant,
  device: z.string(),
  format: z.object({
    codec: z.enum(['opus', 'pcm16', 'pcm8']),
    sampleRate: z.int().positive(),
    channels: z.literal(1),
    frameSize: z.int().nonnegative(),
  }),
})
export type StagedFile = z.infer<typeof stagedFileSchema>

/** An upload was accepted: everything needed to bring the job back when Redis has forgotten it. */
export const manifestSchema = z.object({
  schemaVersion: version,
  jobId: jobIdSchema,
  uid: uidSchema,
  uidHash: uidHashSchema,
  contentId: contentIdSchema,
  source: z.enum(['omi', 'phone', 'limitless']),
  /** Conversation the user asked to attach to. */
  target: conversationIdSchema.optional(),
  lane: laneSchema,
  dispatchMode: dispatchModeSchema,
  byok: z.boolean(),
  acceptedAt: instant,
  capturedAt: instant,
  /** Accepted without credits: its conversations are created locked. */
  locked: z.boolean().optional(),
  platform: z.string().max(64).optional(),
  appVersion: z.string().max(64).optional(),
  files: z.array(stagedFileSchema).min(1),
})
export type Manifest = z.infer<typeof manifestSchema>

/** One file, whatever the names it came under. */
export function distinctFiles(manifest: Manifest): StagedFile[] {
  return [...new Map(manifest.files.map((file) => [file.fileId, file])).values()]
}

const segmentSchema = z.object({
  segmentId: segmentIdSchema,
  /** Half-open span in the file, in samples at 16 kHz. */
  startSample: z.int().nonnegative(),
  endSample: z.int().positive(),
  /** The same span in absolute time. */
  startMs: instant,
  endMs: instant,
  /** Detected speech inside the span; what fair use meters. */
  speechMs: z.int().nonnegative(),
})
export type Segment = z.infer<typeof segmentSchema>

/** How one file was cut. Written once before its first segment runs, so that every retry cuts alike. */
export const planSchema = z.object({
  schemaVersion: version,
  fileId: fileIdSchema,
  verdict: z.enum(['speech', 'silence', 'undecodable']),
  decodedMs: z.int().nonnegative(),
  segments: z.array(segmentSchema),
  decoder: z.string(),
  detector: z.string(),
})
export type Plan = z.infer<typeof planSchema>

const wordSchema = z.object({
  text: z.string(),
  /** Absolute epoch ms. */
  startMs: instant,
  endMs: instant,
  speaker: z.string().optional(),
})
export type Word = z.infer<typeof wordSchema>

/** Which conversations a segment may belong to: gaps join spans only within one partition. */
export const partitionSchema = z.object({
  source: z.string(),
  device: z.string(),
  locked: z.boolean(),
})
export type Partition = z.infer<typeof partitionSchema>

const placeSchema = z.object({
  target: conversationIdSchema.optional(),
  partition: partitionSchema,
  /** Home day document plus segment id: an id alone finds the segment. */
  seed: conversationIdSchema,
})
export type Place = z.infer<typeof placeSchema>

/** A segment's outcome and its usage record. Whoever creates it first decides the text. */
export const transcriptSchema = z.object({
  schemaVersion: version,
  segmentId: segmentIdSchema,
  fileId: fileIdSchema,
  verdict: z.enum(['text', 'silent', 'superseded']),
  text: z.string(),
  words: z.array(wordSchema),
  language: z.string().optional(),
  provider: z.string(),
  startMs: instant,
  endMs: instant,
  speechMs: z.int().nonnegative(),
  place: placeSchema,
  acceptedAt: instant,
  landedAt: instant,
  /** Its conversation was deleted: the text is blank, what was used of the provider stays. */
  erasedAt: instant.optional(),
})
export type Transcript = z.infer<typeof transcriptSchema>

/** A job's end, or a pointer to the job that did the same content first. */
export const outcomeObjectSchema = z.union([
  z.object({
    schemaVersion: version,
    jobId: jobIdSchema,
    uidHash: uidHashSchema,
    contentId: contentIdSchema,
    lane: laneSchema,
    totalFiles: z.int().nonnegative(),
    outcome: outcomeSchema,
  }),
  z.object({
    schemaVersion: version,
    jobId: jobIdSchema,
    uidHash: uidHashSchema,
    sameAs: jobIdSchema,
  }),
])
export type OutcomeObject = z.infer<typeof outcomeObjectSchema>

/** Every object name in one place. Job-bound objects carry the user's keyed hash, never the uid. */
export const objectNames = {
  /** Every staged object of one of `STAGING_PARTS`: by the first digit of the user's hash. */
  stagingPart: (part: number) => `staging/${part.toString(16)}`,
  stagingPrefix: (uidHash: UidHash, jobId: JobId) => `staging/${uidHash}/${jobId}/`,
  blob: (uidHash: UidHash, jobId: JobId, index: number) =>
    `staging/${uidHash}/${jobId}/${String(index).padStart(3, '0')}.bin`,
  manifest: (uidHash: UidHash, jobId: JobId) => `staging/${uidHash}/${jobId}/manifest.json`,
  plan: (uidHash: UidHash, fileId: string) => `plans/${uidHash}/${fileId}.json`,
  transcript: (uidHash: UidHash, segmentId: string) => `transcripts/${uidHash}/${segmentId}.json`,
  outcome: (uidHash: UidHash, jobId: JobId) => `outcomes/${uidHash}/${jobId}.json`,
  enrichment: (uidHash: UidHash, conversationId: ConversationId, revision: string) =>
    `enrichments/${uidHash}/${conversationId}/${revision}.json`,
  /** Summaries of every conversation whose seed lies in one day's document. */
  enrichmentsOfDay: (uidHash: UidHash, day: string) => `enrichments/${uidHash}/${day}-`,
  /** One conversation as it was when the user deleted it. */
  deletion: (uidHash: UidHash, conversationId: ConversationId, revision: string) =>
    `deletions/${uidHash}/${conversationId}/${revision}.json`,
  deletionsPrefix: (uidHash?: UidHash) => (uidHash ? `deletions/${uidHash}/` : 'deletions/'),
  timeline: (uidHash: UidHash, day: string) => `timelines/${uidHash}/${day}.json`,
  transcriptPrefix: (uidHash: UidHash) => `transcripts/${uidHash}/`,
  /** Fair-use stage and violations; changed by compare-and-swap only. */
  standing: (uidHash: UidHash) => `fair-use/${uidHash}.json`,
  /** Language and vocabulary; changed by compare-and-swap only. */
  preferences: (uidHash: UidHash) => `preferences/${uidHash}.json`,
  /** Says that the conversation's summary was asked for on this UTC day. */
  announced: (day: string, uidHash: UidHash, conversationId: ConversationId) =>
    `announced/${day}/${uidHash}/${conversationId}.json`,
  announcedPrefix: 'announced/',
  timelinePrefix: (uidHash: UidHash) => `timelines/${uidHash}/`,
} as const

/** Staged objects are walked in this many parts. */
export const STAGING_PARTS = 16

/** The job that a staged object belongs to; undefined for a name that is none of ours. */
export function parseStagedName(
  name: string,
): { readonly uidHash: UidHash; readonly jobId: JobId; readonly isManifest: boolean } | undefined {
  const [root, owner, job, file, ...more] = name.split('/')
  const uidHash = uidHashSchema.safeParse(owner)
  const jobId = jobIdSchema.safeParse(job)
  if (root !== 'staging' || !file || more.length > 0) return undefined
  if (!uidHash.success || !jobId.success) return undefined
  return { uidHash: uidHash.data, jobId: jobId.data, isManifest: file === 'manifest.json' }
}

/** @throws MalformedRecordError for a name that no announcement has */
export function parseAnnouncedName(name: string): {
  readonly uidHash: UidHash
  readonly conversationId: ConversationId
} {
  const [root, , owner, file = '', ...more] = name.split('/')
  const uidHash = uidHashSchema.safeParse(owner)
  const conversationId = conversationIdSchema.safeParse(file.replace(/\.json$/, ''))
  if (root !== 'announced' || more.length > 0 || !uidHash.success || !conversationId.success) {
    throw new MalformedRecordError(`${name} is not the name of an announcement`)
  }
  return { uidHash: uidHash.data, conversationId: conversationId.data }
}
