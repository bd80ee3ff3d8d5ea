import type { TaskCallerVerifier } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import { type QueueAnswer, queueAnswers } from './queue-answer.ts'

/** One push of the queue as it came in. */
export interface QueueDelivery {
  readonly authorization: string | undefined
  /** The raw `X-CloudTasks-TaskRetryCount`; believed only after the token was verified (F22). */
  readonly retryCount: string | undefined
  /** The raw `X-CloudTasks-TaskETA`; for measures only. */
  readonly eta?: string | undefined
  readonly body: string
  /** Shutdown or the request's hard abort. */
  readonly stop: AbortSignal
}

/** Fails closed (I10). @returns what a caller hears that is not proven to be the queue */
export async function refuseCaller(
  deps: {
    readonly verifier: TaskCallerVerifier
    readonly events: Pick<Events, 'certificatesUnavailable' | 'deliveryRejected'>
  },
  { authorization }: Pick<QueueDelivery, 'authorization'>,
): Promise<QueueAnswer | undefined> {
  const verdict = await deps.verifier.verifyCaller(authorization)
  if (verdict.kind === 'unavailable') {
    deps.events.certificatesUnavailable({ tokens: 'oidc', reason: verdict.reason })
    return queueAnswers.keysUnavailable()
  }
  if (verdict.kind !== 'rejected') return undefined
  deps.events.deliveryRejected({ reason: verdict.reason })
  return queueAnswers.forbidden(verdict.reason)
}
