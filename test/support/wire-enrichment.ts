import { createMemoryEnrichmentStore } from '../../src/adapters/memory/enrichment-store.ts'
import { createMemoryTaskQueue } from '../../src/adapters/memory/task-queue.ts'
import { createEnrichment, type EnrichmentOptions } from '../../src/enrichment/index.ts'
import { DAY_MS, type EnrichmentTaskPayload, MINUTE_MS, SECOND_MS } from '../../src/kernel/index.ts'
import type {
  Clock,
  EnrichmentStore,
  JobStore,
  Summarizer,
  TaskCallerVerifier,
  TaskQueue,
} from '../../src/ports/index.ts'
import { renewable } from './renewable.ts'

export const INVOKER = 'Bearer invoker'
export const LEASE_MS = 15 * SECOND_MS
export const LEASE_TIMES = {
  renewMs: 5 * SECOND_MS,
  stopMarginMs: 3 * SECOND_MS,
  unansweredAbortMs: MINUTE_MS,
}
export const verifier: TaskCallerVerifier = {
  verifyCaller: async (authorization) =>
    authorization === INVOKER
      ? { kind: 'invoker', email: 'invoker@test' }
      : { kind: 'rejected', reason: 'no_token' },
}
export const bytesOf = (random: () => number) => (length: number) =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256))

export interface SecondStageOptions {
  readonly dispatchMode?: 'inline' | 'cloud_tasks'
  /** Makes the summaries; without it there is no second stage. */
  readonly summarize?: Summarizer['summarize']
  readonly works?: (works: EnrichmentStore) => EnrichmentStore
  readonly summaryQueue?: (
    queue: TaskQueue<EnrichmentTaskPayload>,
  ) => TaskQueue<EnrichmentTaskPayload>
  readonly enrichment?: Partial<EnrichmentOptions>
}

export type SecondStageParts = Pick<EnrichmentOptions, 'store' | 'queue' | 'summarizer'> &
  Partial<EnrichmentOptions>

/** What the second stage stands on, in memory. */
export function secondStage(options: SecondStageOptions, clock: Clock) {
  const { port: records, renew: flush } = renewable(() => createMemoryEnrichmentStore({ clock }))
  const works = options.works?.(records) ?? records
  const tasks = createMemoryTaskQueue<EnrichmentTaskPayload>({ clock })
  const queue = options.summaryQueue?.(tasks) ?? tasks
  const { summarize } = options
  const parts: SecondStageParts | undefined = summarize && {
    store: works,
    queue: options.dispatchMode === 'inline' ? undefined : queue,
    summarizer: { provider: 'test', summarize },
    ...options.enrichment,
  }
  return { works, tasks, parts, flush }
}

/** The second stage of one process; absent where its parts are. */
export function wireEnrichment(
  parts: Pick<EnrichmentOptions, 'clock' | 'events' | 'objects' | 'random'> & {
    readonly store: JobStore
    readonly enrichment?: SecondStageParts | undefined
  },
  rooms: Pick<EnrichmentOptions, 'archive' | 'conversations' | 'stop'>,
) {
  const { clock, events, objects, random, enrichment } = parts
  return (
    enrichment &&
    createEnrichment({
      ...rooms,
      ...{ clock, events, objects, random, verifier, randomBytes: bytesOf(random) },
      jobs: parts.store,
      queueAttempts: 5,
      limits: {
        budgetMs: 150 * SECOND_MS,
        maxAttempts: 5,
        giveUpAfterMs: DAY_MS,
        fillerMaxWords: 2,
        fillerMaxMs: SECOND_MS,
        sweepBackMs: 2 * DAY_MS,
      },
      leaseMs: LEASE_MS,
      leaseTimes: LEASE_TIMES,
      retryBackoff: { minMs: 18 * SECOND_MS, maxMs: 300 * SECOND_MS },
      probeAfterMs: MINUTE_MS,
      maxRunning: 2,
      batchSize: 100,
      ...enrichment,
    })
  )
}
