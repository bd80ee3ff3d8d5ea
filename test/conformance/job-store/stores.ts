import type { Redis } from 'ioredis'
import { afterAll, beforeAll } from 'vitest'
import { createMemoryJobStore } from '../../../src/adapters/memory/job-store.ts'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../../src/adapters/redis/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import type { JobStore } from '../../../src/ports/index.ts'
import { redisForTests } from '../../support/redis.ts'
import { simulatedClock } from '../../support/simulated-clock.ts'
import { LONG_RETENTION, type MakeJobStore, type Retention } from './harness.ts'

const POLL_MS = 2

/** The twin in memory, on a clock that only `lapse` moves. */
export const makeMemoryJobStore: MakeJobStore = async (retention) => {
  const clock = simulatedClock()
  return {
    store: createMemoryJobStore({ clock, ...LONG_RETENTION, ...retention }),
    now: async () => clock.now(),
    lapse: (ms) => clock.advance(ms),
  }
}

export interface RedisJobStores {
  readonly make: MakeJobStore
  readonly now: () => Promise<number>
  readonly client: () => Redis
  /** One store a connection, all on the same jobs. */
  readonly each: () => readonly JobStore[]
}

/** Stores on the calling file's own Redis, whose time is observed, not moved. Call it once a file. */
export function redisJobStores(connections = 1): RedisJobStores {
  const server = redisForTests()
  const errors: Error[] = []
  let clients: Redis[] = []
  const client = () => {
    const [first] = clients
    if (!first) throw new Error('Redis is connected in beforeAll: use it in a case')
    return first
  }
  beforeAll(async () => {
    const options = { commandTimeoutMs: 5_000, onError: (error: Error) => void errors.push(error) }
    clients = Array.from({ length: connections }, () => createRedisClient(server.url, options))
    await Promise.all(clients.map(connectRedis))
  })
  afterAll(() => {
    for (const connected of clients) connected.disconnect()
    if (errors.length > 0) throw new AggregateError(errors, 'the client met errors')
  })

  const clock = systemClock()
  const storeOn = (redis: Redis, retention: Partial<Retention> = {}) =>
    createRedisJobStore({ redis, clock, probe: () => undefined, ...LONG_RETENTION, ...retention })
  const now = async () => {
    const [seconds, micros] = await client().time()
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
  }
  const lapse = async (ms: number) => {
    const until = (await now()) + ms
    while ((await now()) < until) await clock.sleep(POLL_MS)
  }
  return {
    client,
    now,
    make: async (retention) => ({ store: storeOn(client(), retention), now, lapse }),
    each: () => clients.map((connected) => storeOn(connected)),
  }
}
