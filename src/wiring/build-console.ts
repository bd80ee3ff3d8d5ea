import { createRedisLoadHistory, type RedisClient } from '../adapters/redis/index.ts'
import type { Config } from '../config/index.ts'
import { createConsole } from '../console/index.ts'
import { loadOf } from '../operators/index.ts'
import type { Clock, JobStore, Probe } from '../ports/index.ts'

/** The operators' page and the history it plots. No page where nobody could sign in to it. */
export function buildConsole(
  { identity, service, telemetry }: Config,
  shared: {
    readonly redis: RedisClient
    readonly clock: Clock
    readonly probe: Probe
    readonly store: JobStore
  },
) {
  const { store, clock } = shared
  const { emails, audience } = identity.operators
  const isLocal = identity.devIdentity
  const isOpen = isLocal || (emails.length > 0 && audience !== undefined)
  const loadHistory = createRedisLoadHistory(shared)
  return {
    console: isOpen ? createConsole({ audience, isLocal }) : undefined,
    place: {
      service: service.name,
      revision: service.revision,
      projectId: telemetry.projectId,
    },
    loadHistory,
    noteLoad: async () => loadHistory.keep(await loadOf(store, clock.now())),
  }
}
