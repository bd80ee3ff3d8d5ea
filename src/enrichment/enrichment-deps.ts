import type { Archive } from '../durable/index.ts'
import type { LeaseTimes } from '../jobs/index.ts'
import type { EnrichmentTaskPayload, FillerLimits } from '../kernel/index.ts'
import type {
  Clock,
  ConversationStore,
  EnrichmentRecord,
  EnrichmentStore,
  JobStore,
  ObjectStore,
  RandomBytes,
  Summarizer,
  TaskQueue,
} from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

/** Limits of the second stage; every one of them is configuration. */
export interface EnrichmentLimits extends FillerLimits {
  /** One attempt, every call of it included. */
  readonly budgetMs: number
  /** Executions that failed or died until the failure is recorded. */
  readonly maxAttempts: number
  /** Since it was announced: a provider busy or misconfigured for longer is a failure. */
  readonly giveUpAfterMs: number
  /** How far back a sweep over announcements looks. */
  readonly sweepBackMs: number
}

export interface EnrichmentDeps {
  readonly store: EnrichmentStore
  readonly jobs: Pick<JobStore, 'read' | 'noteEnrichment'>
  readonly archive: Archive
  /** Where announcements are written down, for the time after the store was wiped. */
  readonly objects: Pick<ObjectStore, 'create' | 'list'>
  readonly conversations: ConversationStore
  readonly summarizer: Summarizer
  readonly clock: Clock
  readonly events: Events
  readonly random: () => number
  readonly randomBytes: RandomBytes
  /** Absent where the process that announces also works (inline). */
  readonly queue: TaskQueue<EnrichmentTaskPayload> | undefined
  /** Works in this process, in the background; used where there is no queue. */
  readonly startHere: (target: Pick<EnrichmentRecord, 'id' | 'generation'>) => void
  readonly limits: EnrichmentLimits
  readonly leaseMs: number
  readonly leaseTimes: LeaseTimes
  readonly retryBackoff: { readonly minMs: number; readonly maxMs: number }
  /** When recovery asks the queue about work that was left to it. */
  readonly probeAfterMs: number
}
