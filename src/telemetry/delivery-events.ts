import { type JobId, type Lane, SECOND_MS } from '../kernel/index.ts'
import { type EventSink, record } from './record.ts'

export interface DeliveryReceived {
  readonly jobId: JobId
  readonly generation: number
  /** As the queue counts; unknown when its header was missing or garbled. */
  readonly retryCount?: number | undefined
  readonly lane?: Lane | undefined
  /** Since it was due; unknown when the queue did not say since when. */
  readonly waitedMs?: number | undefined
}

export interface DeliveryAnswered {
  /** Unknown when the payload could not be read. */
  readonly jobId?: JobId | undefined
  /** HTTP status: what the queue acts on. */
  readonly status: number
  /** The word in the body: `done`, `locked`, `retry`, … */
  readonly code: string
  readonly ms: number
}

export interface CertificatesUnavailable {
  /** Whose tokens could not be checked. */
  readonly tokens: 'oidc' | 'firebase' | 'operator'
  readonly reason: string
}

export function createDeliveryEvents(sink: EventSink) {
  return {
    deliveryReceived(facts: DeliveryReceived) {
      const { lane, waitedMs } = facts
      record(sink, {
        name: 'delivery_received',
        message: 'Delivery received',
        severity: 'debug',
        facts,
        labels: { lane },
      })
      if (waitedMs === undefined) return
      sink.counters.observe('queue_wait_seconds', waitedMs / SECOND_MS, { lane })
    },
    deliveryAnswered(facts: DeliveryAnswered) {
      record(sink, {
        name: 'delivery_answered',
        message: 'Delivery answered',
        severity: facts.status >= 500 ? 'warn' : 'info',
        facts,
        labels: { status: String(facts.status), code: facts.code },
      })
    },
    /** The token proved nothing: 403, no effect (I10). */
    deliveryRejected(facts: { readonly reason: string }) {
      record(sink, {
        name: 'delivery_rejected',
        message: 'Delivery rejected',
        severity: 'warn',
        facts,
        labels: { reason: facts.reason },
      })
    },
    /** Acknowledged without effect: nothing of it can ever be run. */
    deliveryDropped(facts: {
      readonly reason: 'invalid_payload' | 'job_expired'
      readonly detail?: string
    }) {
      record(sink, {
        name: 'delivery_dropped',
        message: 'Delivery dropped',
        severity: 'error',
        facts,
        labels: { reason: facts.reason },
      })
    },
    /** Told apart from a bad token: nobody was proven wrong (F19). */
    certificatesUnavailable(facts: CertificatesUnavailable) {
      record(sink, {
        name: 'certificates_unavailable',
        message: 'Certificates unavailable',
        severity: 'error',
        facts,
        labels: { tokens: facts.tokens },
      })
    },
  }
}
