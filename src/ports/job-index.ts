import type { JobId, TerminalStatus } from '../kernel/index.ts'

/**
 * Which jobs there are, for operators: read in pages by time, never scanned. Kept by the transitions
 * themselves, so that it costs by the page however many jobs exist. An entry may outlive its record by
 * its retention; a reader passes over it.
 * throws `UnavailableError` (party `redis`)
 */
export interface JobIndex {
  /** One shard's jobs of one state, newest first, strictly before the cursor. */
  pageOfJobs(query: JobPageQuery): Promise<readonly IndexedJob[]>
  /** Jobs of one shard that ended so within [fromAt, toAt), epoch ms. */
  countEnded(
    shard: number,
    status: TerminalStatus,
    span: { readonly fromAt: number; readonly toAt: number },
  ): Promise<number>
  liveJobs(shard: number): Promise<LiveJobs>
  /** Jobs of one shard under a claim, those without progress for longest first. */
  runningJobs(shard: number, limit: number): Promise<readonly JobId[]>
}

/** `live`: queued or processing, by when it was accepted; else by when it ended. */
export type IndexedState = 'live' | TerminalStatus

export interface IndexedJob {
  readonly jobId: JobId
  /** Epoch ms. */
  readonly at: number
}

/** Of one shard. */
export interface LiveJobs {
  /** Have not ended. */
  readonly count: number
  /** Of them, under a claim, its lease lapsed or not. */
  readonly running: number
  /** When the oldest of them was accepted. */
  readonly oldestAt?: number
}

export interface JobPageQuery {
  readonly shard: number
  readonly state: IndexedState
  readonly before?: IndexedJob | undefined
  readonly limit: number
}

/** Newest first; the id settles ties. */
export function compareIndexed(a: IndexedJob, b: IndexedJob): number {
  return b.at - a.at || (a.jobId < b.jobId ? 1 : a.jobId > b.jobId ? -1 : 0)
}
