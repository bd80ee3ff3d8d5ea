import * as z from 'zod'
import { MINUTE_MS } from '../../kernel/index.ts'
import {
  type Clock,
  HISTORY_MINUTES,
  type LoadHistory,
  type LoadSample,
  type Probe,
} from '../../ports/index.ts'
import { keys } from './keys.ts'
import type { RedisClient } from './redis-client.ts'
import { createScriptRunner } from './script-runner.ts'

const sampleSchema: z.ZodType<LoadSample> = z.object({
  at: z.number(),
  waiting: z.number(),
  running: z.number(),
  oldestLiveAt: z.number().optional(),
})

/** One hash with a field a minute of the day: what is older than a day has been written over. */
export function createRedisLoadHistory(deps: {
  readonly redis: RedisClient
  readonly clock: Clock
  readonly probe: Probe
}): LoadHistory {
  const { redis } = deps
  const { call } = createScriptRunner(deps)
  const key = keys.loadHistory()
  return {
    keep: async (sample) => {
      const field = String(Math.floor(sample.at / MINUTE_MS) % HISTORY_MINUTES)
      await call(() => redis.hset(key, field, JSON.stringify(sample)))
    },
    since: async (at) => {
      const texts = await call(() => redis.hvals(key))
      return texts
        .map((text) => sampleSchema.parse(JSON.parse(text)))
        .filter((sample) => sample.at >= at)
        .sort((a, b) => a.at - b.at)
    },
  }
}
