import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemorySpeechMeter } from '../../src/adapters/memory/speech-meter.ts'
import {
  connectRedis,
  createRedisClient,
  createRedisSpeechMeter,
} from '../../src/adapters/redis/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { DAY_MS, segmentIdSchema, uidHashSchema, uidSchema } from '../../src/kernel/index.ts'
import { redisForTests } from '../support/redis.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { speechMeterContract } from './speech-meter.contract.ts'

const server = redisForTests()
let redis: ReturnType<typeof createRedisClient>
beforeAll(async () => {
  redis = createRedisClient(server.url, { commandTimeoutMs: 5_000, onError: () => undefined })
  await connectRedis(redis)
})
afterAll(() => redis.disconnect())

const onRedis = (retentionMs: number) =>
  createRedisSpeechMeter({ redis, clock: systemClock(), probe: () => undefined, retentionMs })

speechMeterContract('the speech meter in memory', async (retentionMs) => {
  const clock = simulatedClock()
  return { meter: createMemorySpeechMeter({ clock, retentionMs }), now: async () => clock.now() }
})

speechMeterContract('the speech meter on Redis', async (retentionMs) => ({
  meter: onRedis(retentionMs),
  now: async () => {
    const [seconds, micros] = await redis.time()
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
  },
}))

const user = {
  uid: uidSchema.parse('user-1'),
  uidHash: uidHashSchema.parse('0123456789abcdef0123456789abcdef'),
}
const segmentId = segmentIdSchema.parse('ab'.repeat(20))

test('on Redis a flush makes the meter unknown, never zero', async () => {
  const meter = onRedis(8 * DAY_MS)
  await meter.restore(user, [])
  await meter.count(user, { segmentId, speechMs: 9 })
  await redis.flushall()
  expect(await meter.read(user)).toBeUndefined()
  expect(await meter.count(user, { segmentId, speechMs: 9 })).toEqual({ kind: 'unknown' })
})

test('on Redis guard and minute live in one key, in the slot of the user, and end together', async () => {
  await redis.flushall()
  const meter = onRedis(8 * DAY_MS)
  await meter.restore(user, [])
  await meter.count(user, { segmentId, speechMs: 9 })
  const names = await redis.keys('*')
  expect(names).toHaveLength(1)
  expect(names[0]).toMatch(/^sd:\{\d\d\}:meter:[0-9a-f]{32}$/)
  expect(await redis.pttl(names[0] ?? '')).toBeGreaterThan(7 * DAY_MS)
})

test('on Redis what is older than the retention is pruned with its guard', async () => {
  await redis.flushall()
  const meter = onRedis(8 * DAY_MS)
  await meter.restore(user, [])
  const [name = ''] = await redis.keys('*')
  const old = Math.floor((Date.now() - 9 * DAY_MS) / 60_000)
  await redis.hset(name, `s${'cd'.repeat(20)}`, old, `b${old}`, 5)
  await meter.count(user, { segmentId, speechMs: 9 })
  expect(Object.keys(await redis.hgetall(name)).filter((f) => f !== 'w' && f !== 'p')).toHaveLength(
    2,
  )
})
