import type { Archive } from '../durable/index.ts'
import type { LeaseTimes } from '../jobs/index.ts'
import type { JobStore, RandomBytes, TaskCallerVerifier } from '../ports/index.ts'
import type { Events, Tracer } from '../telemetry/index.ts'
import type { ConcludeDeps } from './conclude.ts'
import type { RunDeps } from './run-claimed.ts'

/** What running a job takes, in a delivery and inline alike. */
export interface RunningDeps extends Omit<ConcludeDeps, 'store'>, Omit<RunDeps, 'store'> {
  readonly store: JobStore
  readonly randomBytes: RandomBytes
  readonly events: Events
  readonly tracer: Tracer
  readonly leaseMs: number
  readonly leaseTimes: LeaseTimes
}

export interface DeliveryDeps extends RunningDeps {
  readonly archive: Archive
  readonly verifier: TaskCallerVerifier
  /** The queue's maxAttempts, the first one included. */
  readonly maxAttempts: number
  /** Jobs of one user that may run at once; 0 for no limit. */
  readonly userSlots: number
  readonly slotSnoozeMs: number
}
