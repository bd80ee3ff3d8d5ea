/**
 * Jobs: the only writer of job state.
 *
 * What is authoritative: GCS for what was accepted (manifest), how it was cut (plan), what was said
 * (transcript) and how it ended (outcome); the job store for who works now and what is due; the queue
 * for promises to call. The store may be wiped at any moment: the rest brings every job back.
 *
 * A claim is a lease with a fencing token. The holder renews it every few seconds and trusts it until
 * a margin before its end, counted from before the renewal was sent. Past that window it starts no
 * effect until a renewal succeeds; a refused renewal aborts the run, which then cleans nothing. A
 * paused or partitioned holder may therefore finish an effect late, never twice: effects are
 * create-only objects with deterministic names, and every store write compares the token.
 *
 * Ends: whoever ends a job takes stock of what is durable, redoes unmarked landings, counts, freezes
 * the result, writes the outcome object, then the record, then deletes blobs and manifest. A crash
 * between any two is finished by a redelivery or by recovery, from the frozen result.
 */
export { callNow, callWaiter, wasFreed } from './call-waiter.ts'
export type { EndReason } from './compose-outcome.ts'
export { type EndLiveDeps, endLiveJob } from './end-live-job.ts'
export { createEndings, type EndingDeps, type Endings, type OwedSummaries } from './endings.ts'
export {
  type EnqueueDeps,
  type EnqueueOutcome,
  enqueue,
  findTask,
  isRevival,
  replaceTask,
  type TaskTarget,
} from './enqueue.ts'
export { type HeldClaim, holdClaim, type LeaseTimes } from './held-claim.ts'
export { createPace, type Measure, type Pace, takePace } from './pace.ts'
export { type QueueAnswer, queueAnswer, queueAnswers } from './queue-answer.ts'
export { type QueueDelivery, refuseCaller } from './queue-delivery.ts'
export { DURABLE_OUTCOME, newJobOf, rebuildJob } from './rebuild.ts'
export {
  type KnownJob,
  type StandingJob,
  type StandingJobDeps,
  standingJob,
} from './standing-job.ts'
