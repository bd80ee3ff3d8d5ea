import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMemoryLoadHistory } from '../../src/adapters/memory/load-history.ts'
import {
  connectRedis,
  createRedisClient,
  createRedisLoadHistory,
} from '../../src/adapters/redis/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { DAY_MS, MINUTE_MS } from '../../src/kernel/index.ts'
import { HISTORY_MINUTES, type LoadHistory } from '../../src/ports/index.ts'
import { redisForTests } from '../support/redis.ts'

const server = redisForTests()
let redis: ReturnType<typeof createRedisClient>
beforeAll(async () => {
  redis = createRedisClient(server.url, { commandTimeoutMs: 5_000, onError: () => undefined })
  await connectRedis(redis)
})
afterAll(() => redis.disconnect())

const START = 1_767_225_600_000
const sample = (at: number, waiting = 0) => ({ at, waiting, running: 1 })

const makers: readonly (readonly [string, () => Promise<LoadHistory>])[] = [
  ['memory', async () => createMemoryLoadHistory()],
  [
    'Redis',
    async () => {
      await redis.flushall()
      return createRedisLoadHistory({ redis, clock: systemClock(), probe: () => undefined })
    },
  ],
]

describe.each(makers)('the history of the load in %s', (_, make) => {
  it('answers what is kept from an instant on, oldest first, all of it', async () => {
    const history = await make()
    const oldest = { ...sample(START + 2 * MINUTE_MS, 5), oldestLiveAt: START }
    for (const each of [oldest, sample(START), sample(START + MINUTE_MS)]) await history.keep(each)
    expect(await history.since(START + 1)).toEqual([sample(START + MINUTE_MS), oldest])
    expect(await history.since(START + DAY_MS)).toEqual([])
  })

  it('keeps one sample a minute, the last', async () => {
    const history = await make()
    for (const waiting of [1, 2, 3]) await history.keep(sample(START + waiting * 1_000, waiting))
    expect(await history.since(0)).toEqual([sample(START + 3_000, 3)])
  })

  it('holds a day, whatever comes', async () => {
    const history = await make()
    for (let minute = 0; minute < HISTORY_MINUTES + 10; minute += 1) {
      await history.keep(sample(START + minute * MINUTE_MS))
    }
    const kept = await history.since(0)
    expect(kept).toHaveLength(HISTORY_MINUTES)
    expect(kept[0]?.at).toBe(START + 10 * MINUTE_MS)
  })
})

it('takes one key of Redis for all', async () => {
  await redis.flushall()
  const history = createRedisLoadHistory({ redis, clock: systemClock(), probe: () => undefined })
  for (let minute = 0; minute < 5; minute += 1)
    await history.keep(sample(START + minute * MINUTE_MS))
  expect(await redis.keys('*')).toEqual(['sd:{00}:load'])
})
