import type { Config } from '../config/index.ts'
import { SECOND_MS } from '../kernel/index.ts'
import type { Clock } from '../ports/index.ts'
import type { Logger } from '../telemetry/index.ts'
import { checkQueues } from './check-queues.ts'
import type { Parties } from './connect-parties.ts'

/** What is loaded after listening rather than before, by name. */
export type WarmParts = Readonly<Record<string, () => Promise<unknown>>>

/**
 * Loads the parts one after the other, with a turn of the event loop before each. Whoever needs one
 * sooner waits for the same load; a part that fails is tried again by the first request that needs it.
 */
export async function warmUp(
  parts: WarmParts,
  deps: { readonly clock: Clock; readonly logger: Logger; readonly stop: AbortSignal },
): Promise<void> {
  const { clock, logger, stop } = deps
  const startedMs = clock.monotonicMs()
  for (const [part, load] of Object.entries(parts)) {
    await new Promise((resolve) => setImmediate(resolve))
    if (stop.aborted) return
    await load().catch((error: unknown) => {
      logger.warn({ part, error }, 'A part could not be loaded ahead of its first use')
    })
  }
  logger.info({ tookMs: Math.round(clock.monotonicMs() - startedMs) }, 'Service warm')
}

/** An instance starts because somebody waits for it: its queues are looked at behind their requests. */
const LOOK_AT_QUEUES_AFTER_MS = 5 * SECOND_MS

/** What a service does once it answers: it loads what it will need, and looks at its queues. */
export async function settleIn(config: Config, parties: Parties, stop: AbortSignal): Promise<void> {
  const { clock, logger, tasks } = parties
  await warmUp(partsToWarm(config, parties), { clock, logger, stop })
  if (!tasks || config.dispatch.mode !== 'cloud_tasks') return
  await clock.sleep(LOOK_AT_QUEUES_AFTER_MS, stop).catch(() => undefined)
  if (!stop.aborted) await checkQueues(tasks.checks, logger, stop)
}

/** In the order in which an upload needs them. */
function partsToWarm(config: Config, parties: Parties): WarmParts {
  const { warmVerifiers, warmObjects, tasks } = parties
  return {
    verifiers: warmVerifiers,
    objects: warmObjects,
    ...(tasks && config.dispatch.mode === 'cloud_tasks' ? { queue: tasks.warm } : {}),
  }
}
