/**
 * Fair use: how much speech a user may have transcribed. Speech is metered once per segment before it
 * is paid for (I5); going over a rolling cap is a violation, and violations lead from a warning over
 * the slow lane to a daily budget. The meter is the store's and may be forgotten: it is restored from
 * the transcripts. Stage and violations are durable. Off by default; usage for billing is read from
 * the transcripts and needs none of it.
 */
export { createFairUse, type FairUse, type FairUseDeps } from './fair-use.ts'
export type { SpeechGate } from './gate.ts'
export type { FairUseLimits } from './limits.ts'
export { readUsage, type Usage } from './usage.ts'
