import * as z from 'zod'
import { contentIdSchema, jobIdSchema, uidHashSchema, uidSchema } from './ids.ts'
import { REASON_CODES } from './reasons.ts'

/** The job: its states, its stages, and the record as the store keeps it. Instants are epoch ms. */
const STAGES = ['staged', 'decoding', 'vad', 'transcribing', 'finalizing'] as const
const TERMINAL_STATUSES = ['completed', 'partial_failure', 'failed'] as const

const stageSchema = z.enum(STAGES)
const terminalStatusSchema = z.enum(TERMINAL_STATUSES)
const statusSchema = z.enum(['queued', 'processing', ...TERMINAL_STATUSES])
export const laneSchema = z.enum(['fresh', 'backfill'])
export const dispatchModeSchema = z.enum(['inline', 'cloud_tasks'])
const waitingForSchema = z.enum(['capacity', 'retry', 'budget'])
const enrichmentSchema = z.enum(['none', 'pending', 'running', 'done', 'failed'])
const reasonCodeSchema = z.enum(REASON_CODES)

export type Stage = z.infer<typeof stageSchema>
export type Status = z.infer<typeof statusSchema>
export type TerminalStatus = z.infer<typeof terminalStatusSchema>
export type Lane = z.infer<typeof laneSchema>
export type DispatchMode = z.infer<typeof dispatchModeSchema>
export type WaitingFor = z.infer<typeof waitingForSchema>

export function isTerminal(status: Status): status is TerminalStatus {
  return status !== 'queued' && status !== 'processing'
}

const count = z.int().nonnegative()
const instant = z.number().nonnegative()

const segmentCountsSchema = z.object({
  total: count,
  successful: count,
  silent: count,
  failed: count,
})
export type SegmentCounts = z.infer<typeof segmentCountsSchema>

/** How a job ended; frozen before it is written anywhere, never changed after (I2). */
export const outcomeSchema = z.object({
  status: terminalStatusSchema,
  segments: segmentCountsSchema,
  newMemories: z.array(z.string()),
  updatedMemories: z.array(z.string()),
  /** At most ten, then one line "and N more". */
  errors: z.array(z.string()),
  error: z.string().optional(),
  reasonCode: reasonCodeSchema.optional(),
  retryAfterAt: instant.optional(),
  /** Milliseconds spent in each stage by the run that ended the job. */
  stageMs: z.partialRecord(stageSchema, z.number()).optional(),
  endedAt: instant,
})
export type Outcome = z.infer<typeof outcomeSchema>

const recordBase = z.object({
  jobId: jobIdSchema,
  uid: uidSchema,
  uidHash: uidHashSchema,
  contentId: contentIdSchema,
  lane: laneSchema,
  dispatchMode: dispatchModeSchema,
  /** Runs with keys of the user that live in one request's memory only. */
  byok: z.boolean(),
  totalFiles: count,
  segments: segmentCountsSchema,
  createdAt: instant,
  updatedAt: instant,
  /** Epoch ms of the oldest audio in it; the oldest capture goes first. */
  capturedAt: instant,
  /** First start, moved on by every wait since: from here to now is time spent running. */
  startedAt: instant.optional(),
  /** Last instant a segment or stage advanced, moved on alike; heartbeats do not count. */
  progressAt: instant,
  /** Executions so far, snoozes given back. */
  attempt: count,
  /** Executions in a row that ended without a newly landed segment. */
  fruitlessAttempts: count,
  /** Whether the present or last attempt landed a segment or judged one silent. */
  landedInAttempt: z.boolean(),
  generation: count,
  /** Highest generation that somebody claimed; -1 while nobody has. */
  claimedGeneration: z.int().min(-1),
  revivals: count,
  /** Rises with every claim and every override; the fencing number. */
  epoch: count,
  /** How the summaries of its conversations stand; lives on when the job has ended. */
  enrichment: enrichmentSchema,
  enrichmentReasonCode: reasonCodeSchema.optional(),
  lastError: z.string().optional(),
})

/** Between two attempts: given back, or kept by a holder that will try again. */
const waitSchema = z.object({
  waitingFor: waitingForSchema.optional(),
  waitingSince: instant.optional(),
  retryAt: instant.optional(),
  reasonCode: reasonCodeSchema.optional(),
})

export const jobRecordSchema = z.discriminatedUnion('status', [
  recordBase.extend({
    status: z.literal('queued'),
    stage: stageSchema,
    ...waitSchema.shape,
  }),
  recordBase.extend({
    status: z.literal('processing'),
    stage: stageSchema,
    ...waitSchema.shape,
    leaseUntil: instant,
    /** Present once the result is frozen: from here the job can only be brought to this end. */
    ending: outcomeSchema.optional(),
  }),
  recordBase.extend({
    status: terminalStatusSchema,
    stage: stageSchema,
    outcome: outcomeSchema,
    /** True once outcome object, blobs and manifest are dealt with. */
    settled: z.boolean(),
  }),
])

export type JobRecord = z.infer<typeof jobRecordSchema>
export type QueuedJob = Extract<JobRecord, { status: 'queued' }>
export type ProcessingJob = Extract<JobRecord, { status: 'processing' }>
export type TerminalJob = Extract<JobRecord, { status: TerminalStatus }>

/** What a status poll needs and nothing else; written ready-made by every transition. */
export const statusViewSchema = z.object({
  jobId: jobIdSchema,
  uidHash: uidHashSchema,
  status: statusSchema,
  stage: stageSchema,
  segments: segmentCountsSchema,
  totalFiles: count,
  attempt: count,
  lane: laneSchema,
  enrichment: enrichmentSchema,
  enrichmentReasonCode: reasonCodeSchema.optional(),
  waitingFor: waitingForSchema.optional(),
  waitingSince: instant.optional(),
  retryAt: instant.optional(),
  reasonCode: reasonCodeSchema.optional(),
  /** Until when the holder's lease runs, while it works; past it nobody does. */
  leaseUntil: instant.optional(),
  /** When the upload was accepted; absent in views of older revisions. */
  createdAt: instant.optional(),
  outcome: outcomeSchema.optional(),
})
export type StatusView = z.infer<typeof statusViewSchema>
