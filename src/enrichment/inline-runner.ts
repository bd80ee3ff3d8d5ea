import { createPlaces, type EnrichmentId } from '../kernel/index.ts'
import type { EnrichmentRecord } from '../ports/index.ts'
import { claimAndWork } from './claim-and-work.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'

type WorkTarget = Pick<EnrichmentRecord, 'id' | 'generation'>

/** The inline twin of a delivery: the same claim and attempts, in the process that announced the work. */
export interface WorkRunner {
  /** Works in the background. Never rejects; work that runs here already is not begun again. */
  start(target: WorkTarget): void
  /** Resolves when every run has stopped. */
  drained(): Promise<void>
}

export function createWorkRunner(
  deps: () => EnrichmentDeps,
  options: { readonly maxRunning: number; readonly stop: AbortSignal },
): WorkRunner {
  const { maxRunning, stop } = options
  const places = createPlaces(maxRunning)
  const running = new Map<EnrichmentId, Promise<void>>()

  const runToEnd = async ({ id, generation }: WorkTarget) => {
    let current = generation
    while (!stop.aborted) {
      const how = { generation: current, finalDelivery: false, stop }
      const worked = await places.run(stop, () => claimAndWork(deps(), id, how))
      if (worked.kind !== 'worked' || !('afterMs' in worked.conclusion)) return
      if ('generation' in worked.conclusion) current = worked.conclusion.generation
      await deps().clock.sleep(worked.conclusion.afterMs, stop)
    }
  }

  return {
    start: (target) => {
      if (running.has(target.id)) return
      const run = runToEnd(target)
        .catch((error: unknown) => {
          if (!stop.aborted) deps().events.unexpectedError({ where: 'inline enrichment', error })
        })
        .finally(() => running.delete(target.id))
      running.set(target.id, run)
    },
    drained: async () => {
      await Promise.all(running.values())
    },
  }
}
