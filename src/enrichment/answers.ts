import type { Conclusion } from './conclude.ts'

/** What the queue hears. 2xx ends the task; 409 and 500 keep it; never 429 or 503: they slow the whole queue. */
export interface EnrichmentAnswer {
  readonly status: 200 | 403 | 409 | 500
  readonly body: Readonly<Record<string, unknown>> & { readonly result: string }
}

export const answers = {
  forbidden: (reason: string) => answer(403, 'forbidden', { reason }),
  keysUnavailable: () => answer(500, 'certificates_unavailable'),
  invalidPayload: () => answer(200, 'dropped', { reason: 'invalid_payload' }),
  newerSchema: (version: number) => answer(500, 'retry', { reason: 'newer_schema', version }),
  /** It had ended before, or nobody wants it any more. */
  acked: (enrichment: string) => answer(200, 'acked', { enrichment }),
  stale: (generation: number, current: number) =>
    answer(200, 'stale_generation', { generation, current }),
  locked: () => answer(409, 'locked'),
  retry: (error: string) => answer(500, 'retry', { error }),
  of: answerOf,
} as const

function answerOf(conclusion: Conclusion): EnrichmentAnswer {
  switch (conclusion.kind) {
    case 'ended': {
      const { verdict, reconciled, reasonCode } = conclusion
      const facts = { enrichment: verdict, ...(reasonCode ? { reason_code: reasonCode } : {}) }
      if (verdict === 'superseded') return answer(200, 'stale_revision')
      if (conclusion.final) return answer(200, 'failed_final', facts)
      return answer(200, 'done', { ...facts, ...(reconciled ? { reconciled } : {}) })
    }
    case 'snoozed':
    case 'continued':
      return answer(200, conclusion.kind, { generation: conclusion.generation })
    case 'requeued':
      return answer(500, 'retry', { error: conclusion.error })
    case 'lease_lost':
      return answer(409, 'lease_lost')
  }
}

function answer(
  status: EnrichmentAnswer['status'],
  result: string,
  facts: Readonly<Record<string, unknown>> = {},
): EnrichmentAnswer {
  return { status, body: { result, ...facts } }
}
