/**
 * Recovery: every orphan comes home. Costs by what is due, asks the queue before it decides, and
 * never calls waiting dying (I8). Any number of passes may run at once.
 *
 * A pass looks at what is due, shard by shard; then it walks on over the staged objects, which know of
 * jobs that the store has forgotten. Every rewrite is an event in the job's timeline and a log line.
 */
export { type PassDeps, type PassReport, recoveryPass } from './recovery-pass.ts'
export type { PassCounts } from './tally.ts'
