import type { TaskPayload } from '../kernel/index.ts'
import type { Conclusion } from './conclude.ts'

/** What the queue hears. 2xx ends the task; 409 and 500 keep it; never 429 or 503: they slow the whole queue. */
export interface DeliveryAnswer {
  readonly status: 200 | 403 | 409 | 500
  readonly body: Readonly<Record<string, unknown>> & { readonly result: string }
}

export const answers = {
  forbidden: (reason: string) => answer(403, 'forbidden', { reason }),
  keysUnavailable: () => answer(500, 'certificates_unavailable'),
  invalidPayload: () => answer(200, 'dropped', { reason: 'invalid_payload' }),
  newerSchema: (version: number) => answer(500, 'retry', { reason: 'newer_schema', version }),
  expired: () => answer(200, 'dropped', { reason: 'job_expired' }),
  acked: (status: string) => answer(200, 'acked', { job_status: status }),
  cleanupOwed: () => answer(500, 'terminal_cleanup_retry'),
  stale: (payload: TaskPayload, generation: number) =>
    answer(200, 'stale_generation', { generation: payload.generation, current: generation }),
  locked: () => answer(409, 'locked'),
  snoozed: (generation: number) => answer(200, 'snoozed', { generation }),
  retry: (error: string) => answer(500, 'retry', { error }),
  done: (status: string, reconciled: boolean) =>
    answer(200, 'done', { job_status: status, ...(reconciled ? { reconciled } : {}) }),
} as const

/** The one table from what became of a job to the queue's language. */
export function answerOf(conclusion: Conclusion): DeliveryAnswer {
  switch (conclusion.kind) {
    case 'ended':
      if (!conclusion.settled) return answers.cleanupOwed()
      return conclusion.final
        ? answer(200, 'failed_final', { job_status: conclusion.outcome.status })
        : answers.done(conclusion.outcome.status, false)
    case 'snoozed':
      return answers.snoozed(conclusion.generation)
    case 'continued':
      return answer(200, 'continued', { generation: conclusion.generation })
    case 'requeued':
      return answers.retry(conclusion.error)
    case 'lease_lost':
      return answer(409, 'lease_lost')
  }
}

function answer(
  status: DeliveryAnswer['status'],
  result: string,
  facts: Readonly<Record<string, unknown>> = {},
): DeliveryAnswer {
  return { status, body: { result, ...facts } }
}
