import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/index.ts'

/** Recovery's limits as they are by default. */
export const RECOVERY_LIMITS = {
  maxRevivals: 3,
  batchSize: 100,
  probeMaxMs: 15 * MINUTE_MS,
  jobTimeoutMs: 6 * HOUR_MS,
  jobStallMs: 30 * MINUTE_MS,
  passLeaseMs: 30 * SECOND_MS,
  manifestSweepIntervalMs: HOUR_MS,
  manifestMinAgeMs: 10 * MINUTE_MS,
  blobMinAgeMs: 2 * HOUR_MS,
  sweepPageObjects: 1_000,
} as const
