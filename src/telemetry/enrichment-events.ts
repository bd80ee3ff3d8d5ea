import type { EnrichmentId, EnrichmentObject, Lane, ReasonCode } from '../kernel/index.ts'
import { type EventSink, record } from './record.ts'

export interface EnrichmentEnqueue {
  readonly enrichmentId: EnrichmentId
  readonly generation: number
  readonly lane: Lane
}

export interface EnrichmentAttemptEnded {
  readonly enrichmentId: EnrichmentId
  readonly attempt: number
  /** One word: `done`, `failed`, `superseded`, `wait`, `retry`, `lease_lost`, … */
  readonly outcome: string
  readonly ms: number
  readonly error?: unknown
}

export interface EnrichmentEnded {
  readonly enrichmentId: EnrichmentId
  readonly verdict: EnrichmentObject['verdict'] | 'superseded'
  /** It was durable before; nobody was asked again. */
  readonly reconciled: boolean
  readonly reasonCode?: ReasonCode
}

export function createEnrichmentEvents(sink: EventSink) {
  return {
    enrichmentEnqueued(facts: EnrichmentEnqueue) {
      const labels = { lane: facts.lane }
      record(sink, { name: 'enrichment_enqueued', message: 'Enrichment enqueued', facts, labels })
    },
    /** Recovery will ask the queue. */
    enrichmentEnqueueFailed(
      facts: EnrichmentEnqueue & { readonly kind: string; readonly cause: string },
    ) {
      record(sink, {
        name: 'enrichment_enqueue_failed',
        message: 'Enrichment enqueue failed',
        severity: 'warn',
        facts,
        labels: { lane: facts.lane, kind: facts.kind },
      })
    },
    enrichmentAttemptEnded(facts: EnrichmentAttemptEnded) {
      record(sink, {
        name: 'enrichment_attempt_ended',
        message: 'Enrichment attempt ended',
        severity: facts.error === undefined ? 'info' : 'warn',
        facts,
        labels: { outcome: facts.outcome },
      })
    },
    enrichmentEnded(facts: EnrichmentEnded) {
      record(sink, {
        name: 'enrichment_ended',
        message: 'Enrichment ended',
        severity: facts.verdict === 'failed' ? 'warn' : 'info',
        facts,
        labels: { verdict: facts.verdict, reason_code: facts.reasonCode },
      })
    },
  }
}
