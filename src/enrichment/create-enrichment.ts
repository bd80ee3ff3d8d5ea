import type { OwedSummaries, QueueAnswer, QueueDelivery } from '../jobs/index.ts'
import type { JobId } from '../kernel/index.ts'
import { beginSecondStage } from './begin.ts'
import { deliverEnrichment, type EnrichmentDeliveryDeps } from './deliver.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'
import { createWorkRunner } from './inline-runner.ts'
import { recoverEnrichments, type WorkCounts } from './recover.ts'
import { type SweepPage, type SweptPage, sweepEnrichments } from './sweep.ts'

export interface EnrichmentOptions extends Omit<EnrichmentDeliveryDeps, 'startHere'> {
  /** Work one process does at once where there is no queue. */
  readonly maxRunning: number
  /** Due work of one shard looked at in one pass. */
  readonly batchSize: number
  /** Aborted at shutdown, with a RunAbortedError: work is given back. */
  readonly stop: AbortSignal
}

/** The room's deeds, each safe to repeat. */
export interface Enrichment {
  /** An ended job's conversations want their summaries. */
  begin(jobId: JobId, owed?: OwedSummaries): Promise<void>
  deliver(delivery: QueueDelivery): Promise<QueueAnswer>
  /** One look at all work that is due. */
  recover(signal: AbortSignal): Promise<WorkCounts>
  /** One page of the walk that finds what a wiped store forgot. */
  sweep(page: SweepPage): Promise<SweptPage>
  /** Resolves when nothing runs in this process any more. */
  drained(): Promise<void>
}

export function createEnrichment(options: EnrichmentOptions): Enrichment {
  const runner = createWorkRunner(() => deps, options)
  const deps: EnrichmentDeps & EnrichmentDeliveryDeps = { ...options, startHere: runner.start }
  const { batchSize } = options
  return {
    begin: (jobId, owed) => beginSecondStage(deps, jobId, owed),
    deliver: (delivery) => deliverEnrichment(deps, delivery),
    recover: (signal) => recoverEnrichments(deps, { batchSize, signal }),
    sweep: (page) => sweepEnrichments(deps, page),
    drained: runner.drained,
  }
}
