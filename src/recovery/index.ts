/**
 * Recovery: every orphan comes home. Costs by what is due, asks the queue before it decides, and
 * never calls waiting dying (I8). Any number of passes may run at once.
 */
export { type PassCounts, type PassDeps, recoveryPass } from './recovery-pass.ts'
