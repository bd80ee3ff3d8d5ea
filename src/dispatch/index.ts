/**
 * Dispatch: one delivery of one job. Verify the caller, claim, run the pipeline inside the request,
 * then say in the queue's language what became of it; and the inline twin of the same.
 *
 * The answers: 2xx ends the task, 409 and 500 keep it. 429 and 503 are never said: they would slow
 * every job of the queue. A final delivery is never failed: its 500 would be the task's last word.
 */
export { deliver } from './delivery.ts'
export type { DeliveryDeps } from './delivery-deps.ts'
export { createInlineRunner, type InlineRunner } from './inline-runner.ts'
export { createRunningWork, type RunningWork } from './running-work.ts'
export { createTurns, type Turns } from './turns.ts'
