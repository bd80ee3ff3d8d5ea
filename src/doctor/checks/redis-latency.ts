import type { StoreInspector } from '../../ports/index.ts'
import { type Check, createCheck, unless } from '../finding.ts'

const ROUND_TRIPS = 20

/** Share of a command's time limit that a round trip may take; a job's life has twenty of them. */
const MAX_SHARE = 1 / 40

/** How long one question takes from here; 50 ms at the default limit. */
export function redisLatencyCheck(store: StoreInspector, commandTimeoutMs: number): Check {
  const mostMs = commandTimeoutMs * MAX_SHARE
  return createCheck({
    name: 'redis latency',
    must: 'Redis answers',
    mend: 'see the check of Redis itself',
    inspect: async () => {
      // The first one connects.
      await store.roundTripMs()
      const times: number[] = []
      for (let each = 0; each < ROUND_TRIPS; each += 1) times.push(await store.roundTripMs())
      return times.sort((a, b) => a - b)
    },
    judge: (times) => {
      const medianMs = times[Math.floor(times.length / 2)] ?? 0
      return {
        found: `median ${inMs(medianMs)}, longest ${inMs(times.at(-1) ?? 0)} of ${times.length} round trips`,
        shortfalls: unless([
          medianMs <= mostMs,
          {
            code: 'redis_slow',
            must: `a round trip takes ${inMs(mostMs)} or less: every step of a job waits for one, and renewals must be in time`,
            mend: 'run Redis in the region and network of the service; look for slow commands (SLOWLOG GET) and for its CPU',
          },
        ]),
      }
    },
  })
}

function inMs(ms: number): string {
  return `${ms.toFixed(1)} ms`
}
