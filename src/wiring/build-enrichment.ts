import { createExtractiveSummarizer } from '../adapters/extractive/index.ts'
import { createRedisEnrichmentStore, type RedisClient } from '../adapters/redis/index.ts'
import type { Config } from '../config/index.ts'
import { createEnrichment, type Enrichment, type EnrichmentOptions } from '../enrichment/index.ts'
import type { Clock, JobStore, Probe, Summarizer } from '../ports/index.ts'
import type { buildQueue } from './build-queue.ts'
import { summarizerLater } from './load-later.ts'

/** What the second stage shares with the first. */
type Shared = Pick<
  EnrichmentOptions,
  | 'archive'
  | 'conversations'
  | 'clock'
  | 'events'
  | 'objects'
  | 'retryBackoff'
  | 'randomBytes'
  | 'stop'
> & {
  readonly redis: RedisClient
  readonly probe: Probe
  readonly store: JobStore
  readonly callers: EnrichmentOptions['verifier']
  readonly tasks: ReturnType<typeof buildQueue>
}

/** The second stage, unless no summaries are wanted. Without a queue this process makes them. */
export function buildEnrichment(
  config: Config,
  shared: Shared,
  override: Summarizer | undefined,
): Enrichment | undefined {
  const summarizer = override ?? buildSummarizer(config.enrichment, shared.clock)
  if (!summarizer) return undefined
  const { mode, worksAfterResponse } = config.dispatch
  return createEnrichment({
    ...shared,
    summarizer,
    store: createRedisEnrichmentStore(shared),
    jobs: shared.store,
    random: Math.random,
    verifier: shared.callers,
    queue:
      mode === 'cloud_tasks' || !worksAfterResponse ? shared.tasks?.enrichmentQueue : undefined,
    queueAttempts: config.dispatch.maxAttempts,
    limits: config.enrichment.limits,
    leaseMs: config.claims.leaseMs,
    leaseTimes: config.claims,
    probeAfterMs: config.recovery.queuedProbeAfterMs,
    maxRunning: config.dispatch.inlineMaxRunningJobs,
    batchSize: config.recovery.batchSize,
  })
}

function buildSummarizer(
  { provider, openai }: Config['enrichment'],
  clock: Clock,
): Summarizer | undefined {
  switch (provider.kind) {
    case 'openai':
      return summarizerLater(`openai:${openai.model}`, async () => {
        const { createOpenaiSummarizer } = await import('../adapters/openai/index.ts')
        return createOpenaiSummarizer({ ...openai, apiKey: provider.apiKey.reveal(), clock })
      })
    case 'offline':
      return createExtractiveSummarizer()
    case 'none':
      return undefined
  }
}
