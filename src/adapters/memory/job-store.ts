import { type RepeatFailureLimits, shardOfUid } from '../../kernel/index.ts'
import type { Clock, JobStore } from '../../ports/index.ts'
import { createJobClaims } from './job-claims.ts'
import { eventsSince, ledgerOf, recordOf, viewOf } from './job-entry.ts'
import { createJobHolderWrites } from './job-holder-writes.ts'
import { createJobIndex } from './job-index.ts'
import { createJobOverrideWrites } from './job-override-writes.ts'
import { createJobRecoveryWrites } from './job-recovery-writes.ts'
import { createJobShelf } from './job-shelf.ts'

export interface MemoryJobStoreDeps {
  readonly clock: Pick<Clock, 'now'>
  /** How long a settled job's record answers before its outcome object does. */
  readonly terminalRetentionMs: number
  /** How long the outcome object of a completed content answers for a second upload of it. */
  readonly outcomeRetentionMs: number
  /** Absent: no content is ever paused. */
  readonly repeatFailures?: RepeatFailureLimits
  /** Whether a job that ends with conversations owes their summaries. Default false. */
  readonly enriches?: boolean
}

/**
 * The job store in one process, with the answers of the one on Redis: the same suite and the same
 * random command sequences hold both. Every body is synchronous, so that a method is one step.
 */
export function createMemoryJobStore(deps: MemoryJobStoreDeps): JobStore {
  const shelf = createJobShelf(deps.clock)
  return {
    read: async (jobId) => {
      const entry = shelf.find(jobId)
      return entry && recordOf(entry)
    },
    view: async (jobId) => {
      const entry = shelf.find(jobId)
      return entry && viewOf(entry)
    },
    contentStanding: async (uid, contentId) => {
      const holder = shelf.contentHolder(uid, contentId)
      const pausedUntil = shelf.failures.pausedUntil(contentId)
      return {
        ...(holder === undefined ? {} : { holder }),
        ...(pausedUntil === undefined ? {} : { pausedUntil }),
      }
    },
    keyHolder: async (uid, keyId) => shelf.keyHolder(shardOfUid(uid), keyId),
    marks: async (jobId) => ledgerOf(shelf.find(jobId)).marks,
    ledger: async (jobId) => ledgerOf(shelf.find(jobId)),
    events: async (jobId) => shelf.find(jobId)?.events ?? [],
    eventsSince: async (jobId, eventId) => eventsSince(shelf.find(jobId), eventId),
    ...createJobIndex(shelf),
    note: async (jobId, name, facts) => {
      const entry = shelf.find(jobId)
      if (entry) shelf.put(entry, { name, facts })
    },
    ...createJobClaims(shelf),
    ...createJobHolderWrites(shelf),
    ...createJobOverrideWrites(shelf, deps),
    ...createJobRecoveryWrites(shelf),
  }
}
