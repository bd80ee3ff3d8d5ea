import type { Config } from '../config/index.ts'
import { createCounters, createEvents, createLogger } from '../telemetry/index.ts'

/** The logger, and the events that write to it. */
export function buildTelemetry(
  config: Config,
  destination: { write(line: string): void } | undefined,
) {
  const { level, rawUid, projectId } = config.telemetry
  const { name, revision } = config.service
  const logger = createLogger({
    level,
    rawUid,
    projectId,
    destination,
    base: { ...(name ? { service: name } : {}), ...(revision ? { revision } : {}) },
  })
  return { logger, events: createEvents({ logger, counters: createCounters() }) }
}
