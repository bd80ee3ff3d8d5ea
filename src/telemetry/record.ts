import type { Counters, Labels } from './counters.ts'
import type { Logger } from './logger.ts'
import type { Facts } from './redaction.ts'

export interface EventSink {
  readonly logger: Logger
  readonly counters: Counters
}

export interface BusinessEvent {
  /** Name of the counter and of the `event` field: `upload_accepted`. */
  readonly name: string
  readonly message: string
  readonly severity?: 'debug' | 'info' | 'warn' | 'error'
  readonly facts: Facts
  /** Words of closed sets; ids belong in the facts. */
  readonly labels?: Labels
}

/** The one place where log line and counter part, so that neither goes without the other. */
export function record(sink: EventSink, event: BusinessEvent): void {
  sink.counters.add(event.name, event.labels)
  sink.logger[event.severity ?? 'info']({ event: event.name, ...event.facts }, event.message)
}
