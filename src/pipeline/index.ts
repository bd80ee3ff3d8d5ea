/**
 * The pipeline: what a job does. Decode, find speech, cut, transcribe, land. It knows no bookkeeping:
 * it gets an attempt context and returns an outcome; the same code runs inline and in a task.
 */
export type { AttemptContext, AttemptOutcome } from './attempt.ts'
export { type PipelineDeps, runAttempt } from './run-attempt.ts'
