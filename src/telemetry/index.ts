/**
 * Telemetry: told by every room, asks none. A line is redacted here whoever writes it: credentials
 * and payloads never, user ids hashed, errors by type and safe message.
 */
export { type Counters, createCounters } from './counters.ts'
export { createEvents, type Events } from './events.ts'
export { createLogger, type Logger } from './logger.ts'
export type { Meter } from './meter.ts'
export { errorFacts } from './redaction.ts'
export type { SpanFacts } from './span-facts.ts'
export { createTracer, type Tracer } from './tracer.ts'
