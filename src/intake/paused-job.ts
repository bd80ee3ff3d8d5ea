import type { Archive } from '../durable/index.ts'
import { type Manifest, type Outcome, REASONS, SCHEMA_VERSION } from '../kernel/index.ts'
import type { Clock } from '../ports/index.ts'
import type { Accepted } from './accepted.ts'

/**
 * A content that keeps failing alike is paused: the upload gets a job that has already ended and says
 * when to come again. Its end is durable, so that a poll finds it; of the audio nothing is kept (I7).
 */
export async function pausedJob(
  deps: {
    readonly archive: Pick<Archive, 'createOutcome'>
    readonly clock: Clock
  },
  manifest: Manifest,
  /** Epoch ms; undefined when it is not paused. */
  retryAfterAt: number | undefined,
): Promise<Accepted | undefined> {
  const { jobId, uidHash, contentId, lane } = manifest
  if (retryAfterAt === undefined) return undefined
  const totalFiles = manifest.files.length
  const outcome = pausedOutcome(totalFiles, deps.clock.now(), retryAfterAt)
  await deps.archive.createOutcome({
    schemaVersion: SCHEMA_VERSION,
    jobId,
    uidHash,
    contentId,
    lane,
    totalFiles,
    outcome,
  })
  return { jobId, status: 'failed', lane, totalFiles, totalSegments: totalFiles, outcome }
}

/** Nobody read the files this time: each counts as one failed segment, as wherever one has no plan. */
function pausedOutcome(totalFiles: number, endedAt: number, retryAfterAt: number): Outcome {
  const reasonCode = 'sync_repeat_failure_paused'
  return {
    status: 'failed',
    segments: { total: totalFiles, successful: 0, silent: 0, failed: totalFiles },
    newMemories: [],
    updatedMemories: [],
    errors: [REASONS[reasonCode].meaning],
    error: REASONS[reasonCode].meaning,
    reasonCode,
    retryAfterAt,
    endedAt,
  }
}
