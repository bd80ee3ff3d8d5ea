import type { JobId, Lane, Outcome, Status } from '../kernel/index.ts'

/** What the client is told: its own new job, or the job that has the same bytes already. */
export interface Accepted {
  readonly jobId: JobId
  readonly status: Status
  readonly lane: Lane
  readonly totalFiles: number
  readonly totalSegments: number
  readonly outcome?: Outcome
}
