import type { Pace } from '../jobs/index.ts'
import {
  type Outcome,
  processedSegments,
  SECOND_MS,
  type StatusView,
  toIso,
} from '../kernel/index.ts'
import { estimateRemainingMs } from './estimate-remaining.ts'
import { type Wait, waitOf } from './wait-of.ts'

/** The public answer of a status poll. Absent fields are left out, never null. */
export interface PublicStatus {
  readonly job_id: string
  readonly status: StatusView['status']
  readonly stage: StatusView['stage']
  readonly total_files: number
  readonly total_segments: number
  readonly processed_segments: number
  readonly successful_segments: number
  readonly silent_segments: number
  readonly failed_segments: number
  readonly attempt: number
  readonly lane: StatusView['lane']
  readonly enrichment: StatusView['enrichment']
  readonly enrichment_reason_code?: string
  readonly reason_code?: string
  /** Whole seconds from now. */
  readonly retry_after?: number
  readonly waiting_for?: string
  /** ISO 8601. */
  readonly waiting_since?: string
  /** Whole seconds until its last segment should be done, as jobs went lately; absent while unknown. */
  readonly estimated_seconds_remaining?: number
  readonly result?: PublicResult
  readonly error?: string
}

export interface PublicResult {
  readonly new_memories: readonly string[]
  readonly updated_memories: readonly string[]
  readonly failed_segments: number
  readonly total_segments: number
  readonly errors: readonly string[]
  /** Milliseconds by stage. */
  readonly stage_ms?: Outcome['stageMs']
}

export function projectStatus(
  view: StatusView,
  nowMs: number,
  pace: Pick<Pace, 'of'>,
): PublicStatus {
  const { segments, outcome } = view
  const wait = waitOf(view)
  const remainingMs = estimateRemainingMs(pace, view, nowMs)
  const reasonCode = outcome?.reasonCode ?? view.reasonCode
  const retryAt = outcome ? outcome.retryAfterAt : view.retryAt
  return {
    job_id: view.jobId,
    status: view.status,
    stage: view.stage,
    total_files: view.totalFiles,
    total_segments: segments.total,
    processed_segments: processedSegments(segments),
    successful_segments: segments.successful,
    silent_segments: segments.silent,
    failed_segments: segments.failed,
    attempt: view.attempt,
    lane: view.lane,
    enrichment: view.enrichment,
    ...(view.enrichmentReasonCode ? { enrichment_reason_code: view.enrichmentReasonCode } : {}),
    ...(reasonCode ? { reason_code: reasonCode } : {}),
    ...(retryAt === undefined ? {} : { retry_after: wholeSeconds(retryAt - nowMs) }),
    ...(wait ? { waiting_for: wait.waitingFor } : {}),
    ...(wait?.since === undefined ? {} : { waiting_since: toIso(wait.since) }),
    ...(remainingMs === undefined
      ? {}
      : { estimated_seconds_remaining: wholeSeconds(remainingMs) }),
    ...(outcome ? { result: projectResult(outcome) } : {}),
    ...(outcome?.error ? { error: outcome.error } : {}),
  }
}

export function projectWait({ waitingFor, since, retryAt, reasonCode }: Wait, nowMs: number) {
  return {
    waiting_for: waitingFor,
    ...(since === undefined ? {} : { waiting_since: toIso(since) }),
    ...(retryAt === undefined
      ? {}
      : { retry_at: toIso(retryAt), retry_after: wholeSeconds(retryAt - nowMs) }),
    ...(reasonCode ? { reason_code: reasonCode } : {}),
  }
}

export function projectResult(outcome: Outcome): PublicResult {
  return {
    new_memories: outcome.newMemories,
    updated_memories: outcome.updatedMemories,
    failed_segments: outcome.segments.failed,
    total_segments: outcome.segments.total,
    errors: outcome.errors,
    ...(outcome.stageMs ? { stage_ms: outcome.stageMs } : {}),
  }
}

/** Rounded up, never below 0. */
export function wholeSeconds(ms: number): number {
  return Math.max(0, Math.ceil(ms / SECOND_MS))
}
