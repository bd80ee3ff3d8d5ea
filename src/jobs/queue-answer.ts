/** What the queue hears. 2xx ends the task; 409 and 500 keep it; never 429 or 503: they slow the whole queue. */
export interface QueueAnswer {
  readonly status: 200 | 403 | 409 | 500
  readonly body: Readonly<Record<string, unknown>> & { readonly result: string }
}

export function queueAnswer(
  status: QueueAnswer['status'],
  result: string,
  facts: Readonly<Record<string, unknown>> = {},
): QueueAnswer {
  return { status, body: { result, ...facts } }
}

/** What both kinds of tasks are answered alike. */
export const queueAnswers = {
  forbidden: (reason: string) => queueAnswer(403, 'forbidden', { reason }),
  keysUnavailable: () => queueAnswer(500, 'certificates_unavailable'),
  invalidPayload: () => queueAnswer(200, 'dropped', { reason: 'invalid_payload' }),
  newerSchema: (version: number) => queueAnswer(500, 'retry', { reason: 'newer_schema', version }),
  stale: (generation: number, current: number) =>
    queueAnswer(200, 'stale_generation', { generation, current }),
  locked: () => queueAnswer(409, 'locked'),
  leaseLost: () => queueAnswer(409, 'lease_lost'),
  retry: (error: string) => queueAnswer(500, 'retry', { error }),
} as const
