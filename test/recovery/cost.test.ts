import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { describe, expect, inject, it } from 'vitest'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../src/adapters/redis/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { newJobId, SHARD_COUNT, shardOfJob } from '../../src/kernel/index.ts'
import { redisForTests } from '../support/redis.ts'
import { toneName, tones } from '../support/tones.ts'
import { createWorld } from '../support/world.ts'

/** `RECOVERY_COST_JOBS=1000000` keeps that many ended jobs in Redis. */
const MANY = Number(inject('findOptions').environment['RECOVERY_COST_JOBS'] ?? 100_000)
const FEW = 1_000
const STUCK = 100
const AT_ONCE = 5_000

/** What an ended job leaves for two days: a record and its view, and no due entry. */
async function fill(redis: Redis, count: number): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    const batch = redis.pipeline()
    for (let n = from; n < Math.min(count, from + AT_ONCE); n += 1) {
      const jobId = newJobId(randomBytes(16), n % SHARD_COUNT)
      const prefix = `sd:{${String(shardOfJob(jobId)).padStart(2, '0')}}:`
      batch.hset(`${prefix}job:${jobId}`, 'st', 'completed', 'sl', '1', 'ep', '1')
      batch.set(`${prefix}view:${jobId}`, '{}')
    }
    await batch.exec()
  }
}

async function commandsDuring(redis: Redis, work: () => Promise<unknown>): Promise<number> {
  await redis.config('RESETSTAT')
  await work()
  const stats = await redis.info('commandstats')
  return [...stats.matchAll(/cmdstat_([\w|-]+):calls=(\d+)/g)]
    .filter(([, name = '']) => !/^(config|info)/.test(name))
    .reduce((sum, [, , calls]) => sum + Number(calls), 0)
}

describe('the cost of a pass', () => {
  const server = redisForTests()

  /** So many ended jobs, and a hundred whose tasks are gone: the commands of the pass that revives them. */
  const costBeside = async (ended: number) => {
    const redis = createRedisClient(server.url, {
      commandTimeoutMs: 20_000,
      onError: () => undefined,
    })
    await connectRedis(redis)
    try {
      await redis.flushall()
      await fill(redis, ended)
      const store = createRedisJobStore({
        redis,
        clock: systemClock(),
        probe: () => undefined,
        terminalRetentionMs: 60_000,
        outcomeRetentionMs: 60_000,
      })
      const world = createWorld({
        store: () => store,
        deps: { probeAfterMs: 1 },
        recovery: { batchSize: 1_000 },
      })
      for (let n = 0; n < STUCK; n += 1) {
        const name = toneName(world.clock.now() - 3_600_000 + n * 1_000)
        await world.upload({ [name]: tones([n + 1, 0.01]) })
      }
      world.tasks.purge()
      const commands = await commandsDuring(redis, async () => {
        expect(await world.recover()).toMatchObject({ checked: STUCK, revived: STUCK })
      })
      return commands
    } finally {
      redis.disconnect()
    }
  }

  it(`follows the ${STUCK} that are stuck, not the ${MANY} that have ended`, async () => {
    const few = await costBeside(FEW)
    const many = await costBeside(MANY)
    expect(Math.abs(many - few)).toBeLessThanOrEqual(few * 0.02)
    expect(many).toBeLessThan(STUCK * 40 + SHARD_COUNT * 10)
  }, 300_000)
})
