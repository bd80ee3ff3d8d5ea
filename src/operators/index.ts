/**
 * Operators: what a person on call sees and may do. Reading costs by the page, never by what exists,
 * and changes nothing (I9). Acting is an override like recovery's: it compares what it saw, fences
 * the holder, ends by the one landing rule, and leaves who and why in the job's timeline and the log.
 */
export { type ActDeps, type ActOutcome, actOnJob, type OperatorAction } from './act-on-job.ts'
export {
  decodeJobCursor,
  encodeJobCursor,
  type JobPage,
  type JobQuery,
  type ListedState,
  listJobs,
} from './list-jobs.ts'
export { createOverview, loadOf, type Overview } from './overview.ts'
export { projectRecord, projectSheet } from './project-job.ts'
export { type JobSheet, type ShowJobDeps, showJob } from './show-job.ts'
