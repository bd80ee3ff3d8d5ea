import type { Check } from '../doctor/index.ts'
import type { Logger } from '../telemetry/index.ts'

/**
 * Says where a queue is not as the service counts on (F43): changed by hand it makes more or fewer
 * attempts than the service knows of. The service runs on: an ended job stays ended whatever comes.
 */
export async function checkQueues(
  checks: readonly Check[],
  logger: Logger,
  stop: AbortSignal,
): Promise<void> {
  for (const { name, look } of checks) {
    const finding = await look(stop)
    if (stop.aborted) return
    if (finding.verdict === 'unknown') {
      const { error, mend } = finding
      logger.warn({ check: name, error, mend }, 'A queue could not be looked at')
    }
    if (finding.verdict !== 'short') continue
    const { found } = finding
    for (const { code, must, mend } of finding.shortfalls) {
      logger.error({ check: name, code, found, must, mend }, 'A queue is not as it must be')
    }
  }
}
