/**
 * OpenTelemetry over OTLP/HTTP: spans and metrics leave in batches, in the background, and are dropped
 * when their receiver is slow or gone; nothing waits for it but a shutdown, and that not for long.
 *
 * This room is imported only where an endpoint is configured: the SDK is large. It registers nothing
 * globally and patches nothing; a span's parent is handed in, so that no other context is kept.
 */
export { type OpenTelemetry, type OpenTelemetryOptions, startOpenTelemetry } from './start.ts'
