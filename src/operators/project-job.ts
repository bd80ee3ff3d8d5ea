import { type JobRecord, toIso } from '../kernel/index.ts'
import { reasonOf } from './list-jobs.ts'
import type { FileSheet, JobSheet } from './show-job.ts'

/** A job as an operator sees it: no user id but its hash, instants in ISO 8601. */
export function projectRecord(record: JobRecord) {
  const { segments } = record
  return {
    job_id: record.jobId,
    user: record.uidHash,
    status: record.status,
    stage: record.stage,
    lane: record.lane,
    dispatch_mode: record.dispatchMode,
    ...(record.byok ? { byok: true } : {}),
    created_at: toIso(record.createdAt),
    updated_at: toIso(record.updatedAt),
    captured_at: toIso(record.capturedAt),
    ...(record.startedAt === undefined ? {} : { started_at: toIso(record.startedAt) }),
    progress_at: toIso(record.progressAt),
    total_files: record.totalFiles,
    segments,
    attempt: record.attempt,
    fruitless_attempts: record.fruitlessAttempts,
    generation: record.generation,
    revivals: record.revivals,
    epoch: record.epoch,
    enrichment: record.enrichment,
    reason_code: reasonOf(record),
    last_error: record.lastError,
    ...stateOf(record),
  }
}

function stateOf(record: JobRecord) {
  switch (record.status) {
    case 'queued':
      return {
        waiting_for: record.waitingFor,
        ...(record.waitingSince === undefined ? {} : { waiting_since: toIso(record.waitingSince) }),
        ...(record.retryAt === undefined ? {} : { retry_at: toIso(record.retryAt) }),
      }
    case 'processing':
      return { lease_until: toIso(record.leaseUntil), is_ending: record.ending !== undefined }
    default:
      return {
        ended_at: toIso(record.outcome.endedAt),
        errors: record.outcome.errors,
        stage_ms: record.outcome.stageMs,
        is_settled: record.settled,
      }
  }
}

export function projectSheet(sheet: JobSheet) {
  return {
    ...projectRecord(sheet.record),
    task: sheet.task,
    has_manifest: sheet.hasManifest,
    has_outcome: sheet.outcome !== undefined,
    files: sheet.files.map(projectFile),
    events: sheet.events.map(({ at, name, facts }) => ({ at: toIso(at), name, ...facts })),
  }
}

function projectFile(file: FileSheet) {
  return {
    name: file.name,
    started_at: toIso(file.startMs),
    size_bytes: file.sizeBytes,
    duration_ms: file.durationMs,
    plan: file.plan,
    segments: file.segments.map((segment) => ({
      id: segment.id,
      started_at: toIso(segment.startMs),
      finished_at: toIso(segment.endMs),
      verdict: segment.verdict,
      reason_code: segment.reasonCode,
    })),
  }
}
