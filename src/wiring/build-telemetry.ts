import { randomUUID } from 'node:crypto'
import type { OpenTelemetry } from '../adapters/opentelemetry/index.ts'
import { type Config, readPairs } from '../config/index.ts'
import type { Clock } from '../ports/index.ts'
import { createCounters, createEvents, createLogger, createTracer } from '../telemetry/index.ts'

/** How long a shutdown waits for what is not sent yet; the platform kills soon after. */
const FLUSH_WITHIN_MS = 1_500

/** The logger, the events that write to it, and the tracer that both stand in. */
export function buildTelemetry(
  config: Config,
  clock: Clock,
  destination: { write(line: string): void } | undefined,
) {
  const { level, rawUid, projectId, otlp } = config.telemetry
  const { name, revision } = config.service
  let exporter: OpenTelemetry | undefined
  const tracer = createTracer({ rawUid, ...(otlp ? { source: () => exporter?.spans } : {}) })
  const counters = createCounters(() => exporter?.meter)
  const logger = createLogger({
    level,
    rawUid,
    projectId,
    destination,
    place: tracer,
    base: { ...(name ? { service: name } : {}), ...(revision ? { revision } : {}) },
  })
  return {
    logger,
    tracer,
    counters,
    events: createEvents({ logger, counters }),
    exporting: {
      isOn: otlp !== undefined,
      /** Loads what sends traces and metrics, where an endpoint is configured; work goes on without it. */
      start: async () => {
        if (!otlp) return
        try {
          const { startOpenTelemetry } = await import('../adapters/opentelemetry/index.ts')
          exporter = await startOpenTelemetry({
            ...otlp,
            headers: readPairs(otlp.headers?.reveal() ?? ''),
            resource: { ...otlp.resource, 'service.instance.id': randomUUID() },
          })
        } catch (error) {
          logger.error({ error }, 'Traces and metrics are not sent')
        }
      },
      stop: async () => {
        const sent = new AbortController()
        const closing = exporter?.close().finally(() => sent.abort())
        await Promise.race([
          closing,
          clock.sleep(FLUSH_WITHIN_MS, sent.signal).catch(() => undefined),
        ])
      },
    },
  }
}
