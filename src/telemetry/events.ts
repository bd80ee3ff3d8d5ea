import { createDeletionEvents } from './deletion-events.ts'
import { createDeliveryEvents } from './delivery-events.ts'
import { createEnrichmentEvents } from './enrichment-events.ts'
import { createFairUseEvents } from './fair-use-events.ts'
import type { EventSink } from './record.ts'
import { createRecoveryEvents } from './recovery-events.ts'
import { createRunEvents } from './run-events.ts'
import { createUploadEvents } from './upload-events.ts'

/**
 * One function a business event: it writes the log line and moves the counter together. Facts go
 * into fields, labels are words of closed sets. `uid` may be handed in; the logger decides on it.
 */
export type Events = ReturnType<typeof createEvents>

export function createEvents(sink: EventSink) {
  return {
    ...createUploadEvents(sink),
    ...createDeliveryEvents(sink),
    ...createRunEvents(sink),
    ...createRecoveryEvents(sink),
    ...createFairUseEvents(sink),
    ...createEnrichmentEvents(sink),
    ...createDeletionEvents(sink),
  }
}
