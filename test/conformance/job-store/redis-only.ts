import { type Redis, ReplyError } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { createRedisClient, createRedisJobStore } from '../../../src/adapters/redis/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { MalformedRecordError, shardOfJob } from '../../../src/kernel/index.ts'
import type { NewJob } from '../../../src/ports/index.ts'
import {
  aFailure,
  aJob,
  anOutcome,
  aRequest,
  claimed,
  created,
  failed,
  landed,
  recordOf,
  running,
} from './fixtures.ts'
import { LONG_RETENTION } from './harness.ts'
import type { RedisJobStores } from './stores.ts'

/** What only a store outside the process can suffer: lost keys, lost replies, refusals. */
export function redisOnly({ make, client }: RedisJobStores): void {
  const keyOf = async (pattern: string) => {
    const [key, ...more] = await client().keys(pattern)
    if (key === undefined || more.length > 0) throw new Error(`not one key for ${pattern}`)
    return key
  }

  describe('what Redis loses', () => {
    it('a record evicted beside its ledger: the rebuilt one counts from nothing (F62)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { userSlots: 1 })
      const mark = landed()
      await store.mark(claim, [mark])
      await client().del(await keyOf('*:job:*'))
      await store.create(job)
      expect(await store.marks(job.jobId)).toEqual(new Map())
      await store.mark(await claimed(store, job, { userSlots: 1 }), [mark])
      expect((await recordOf(store, job)).segments).toMatchObject({ successful: 1 })
    })

    it('a ledger evicted beside its record: the next run counts anew (F62)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const marks = [landed(), failed()]
      await store.mark(claim, marks)
      await client().del(await keyOf('*:marks:*'))
      await store.requeue(claim, { lastError: 'x', attemptSpent: true, dueInMs: 0 })
      const next = await claimed(store, job)
      expect((await store.view(job.jobId))?.segments).toMatchObject({ successful: 0, failed: 0 })
      await store.mark(next, marks)
      expect((await recordOf(store, job)).segments).toMatchObject({ successful: 1, failed: 1 })
    })

    it('everything: a token from before the flush is refused by the rebuilt job (F65)', async () => {
      const { store, lapse } = await make()
      const { job, claim } = await running(store)
      await lapse(5)
      await client().flushall()
      expect(await store.renew(claim)).toBe('lost')
      await store.create(job)
      expect(await store.mark(claim, [landed()])).toBe('lost')
      const next = await claimed(store, job)
      expect(next.epoch).toBeGreaterThan(claim.epoch)
      expect(await store.renew(claim)).toBe('lost')
    })

    it('a due entry: a postponed job is in the index again', async () => {
      const { store } = await make()
      const job = await created(store)
      await client().del(await keyOf('*:due'))
      await store.postpone(job.jobId, 0)
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual([job.jobId])
    })

    it('its sentinel, or a due entry: both are told, and the entry is made anew', async () => {
      const { store } = await make()
      const job = await created(store)
      const shard = shardOfJob(job.jobId)
      const lease = { token: 'a pass', leaseMs: 1_000 }
      await store.confirmShard(shard, (await store.beginPass(shard, lease)).lostSince ?? 0)
      expect((await store.beginPass(shard, lease)).lostSince).toBeUndefined()
      await client().del(await keyOf('*:due'), await keyOf('*:sentinel'))
      expect((await store.beginPass(shard, lease)).lostSince).toBeDefined()
      expect(await store.keepDue(job.jobId)).toBe('added')
      expect(await store.due(shard, 10)).toEqual([job.jobId])
    })

    it('a record: its due entry goes with the next look at it', async () => {
      const { store } = await make()
      const looks = [
        (job: NewJob) => store.postpone(job.jobId, 0),
        (job: NewJob) => store.settle(job.jobId),
        (job: NewJob) => store.finalize(job.jobId, anOutcome(), { isSettled: true }),
      ]
      for (const look of looks) {
        const job = await created(store, { dueInMs: 0 })
        await client().del(await keyOf('*:job:*'))
        const shard = shardOfJob(job.jobId)
        expect(await store.due(shard, 10)).toEqual([job.jobId])
        await look(job)
        expect(await store.due(shard, 10)).toEqual([])
      }
    })

    it('its scripts: they are sent again', async () => {
      const { store } = await make()
      await created(store)
      await client().script('FLUSH')
      await created(store)
    })

    it('a frozen result: the record is malformed, not a job without an end', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.beginEnding(claim, anOutcome())
      await client().del(await keyOf('*:text:*'))
      await expect(store.read(job.jobId)).rejects.toThrow(MalformedRecordError)
    })
  })

  describe('when Redis does not answer', () => {
    /** Runs every script, and loses the first reply of each call. */
    const forgetful = () => {
      let sent = 0
      const evalsha = async (sha: string, keys: number, ...args: (string | number)[]) => {
        const reply = await client().evalsha(sha, keys, ...args)
        sent += 1
        if (sent % 2 === 1) throw new Error('Connection is closed.')
        return reply
      }
      const redis: Redis = Object.assign(Object.create(client()), { evalsha })
      const deps = { redis, clock: systemClock(), probe: () => undefined, ...LONG_RETENTION }
      return createRedisJobStore(deps)
    }

    it('a step whose reply was lost is made once, and answered (F10)', async () => {
      const { store } = await make()
      await created(store)
      const lossy = forgetful()
      const { job, claim } = await running(lossy)
      expect(claim).toMatchObject({ attempt: 1, generation: 0 })
      await lossy.mark(claim, [landed(), failed()])
      expect((await recordOf(store, job)).segments).toMatchObject({ successful: 1, failed: 1 })
      const why = { lastError: 'x', attemptSpent: true, dueInMs: 0 }
      expect(await lossy.continueNext(claim, why)).toEqual({ kind: 'queued', generation: 1 })
      const next = await claimed(lossy, job, { generation: 1 })
      expect(await lossy.beginEnding(next, anOutcome())).toBe('ok')
      expect(await lossy.finalize(job.jobId, anOutcome())).toMatchObject({ kind: 'finalized' })
      await lossy.settle(job.jobId)
      expect(await recordOf(store, job)).toMatchObject({ attempt: 2, settled: true })
    })

    it('cannot be reached: the step is unavailable, and proven not to have been taken (F9)', async () => {
      const options = { commandTimeoutMs: 500, onError: () => undefined }
      const redis = createRedisClient('redis://127.0.0.1:1', options)
      const deps = { redis, clock: systemClock(), probe: () => undefined, ...LONG_RETENTION }
      const store = createRedisJobStore(deps)
      for (const step of [() => store.view(aJob().jobId), () => store.claim(aRequest(aJob()))]) {
        await expect(step()).rejects.toMatchObject({ party: 'redis', refused: true })
      }
      redis.disconnect()
    })

    it('and nothing tells whether the step was taken: it is unavailable, and not refused (F10)', async () => {
      const silent = async () => {
        throw new Error('Connection is closed.')
      }
      const redis: Redis = Object.assign(Object.create(client()), { evalsha: silent })
      const deps = { redis, clock: systemClock(), probe: () => undefined, ...LONG_RETENTION }
      const created = createRedisJobStore(deps).create(aJob())
      await expect(created).rejects.toMatchObject({ party: 'redis', refused: false })
    })

    it('or refuses what may have been taken before: it stays in doubt (F10)', async () => {
      let sent = 0
      const failover = async () => {
        sent += 1
        if (sent === 1) throw new Error('Connection is closed.')
        throw new ReplyError("READONLY You can't write against a read only replica.")
      }
      const redis: Redis = Object.assign(Object.create(client()), { evalsha: failover })
      const deps = { redis, clock: systemClock(), probe: () => undefined, ...LONG_RETENTION }
      const created = createRedisJobStore(deps).create(aJob())
      await expect(created).rejects.toMatchObject({ party: 'redis', refused: false })
    })

    it('but refuses, the step is unavailable too, and proven not to have been taken (F9)', async () => {
      const { store } = await make()
      await client().config('SET', 'maxmemory', '1')
      try {
        const job = aJob()
        await expect(store.create(job)).rejects.toMatchObject({ party: 'redis', refused: true })
        expect(await store.read(job.jobId)).toBeUndefined()
        expect((await store.contentStanding(job.uid, job.contentId)).holder).toBeUndefined()
      } finally {
        await client().config('SET', 'maxmemory', '0')
      }
    })
  })

  describe('what a job costs', () => {
    const callsDuring = async (work: () => Promise<void>) => {
      await client().config('RESETSTAT')
      await work()
      const stats = await client().info('commandstats')
      const calls = [...stats.matchAll(/cmdstat_([\w|-]+):calls=(\d+)/g)]
        .map(([, name = '', count]) => [name, Number(count)] as const)
        .filter(([name]) => !/^(config|info)/.test(name))
      return new Map(calls)
    }
    const sum = (calls: ReadonlyMap<string, number>) =>
      [...calls.values()].reduce((total, count) => total + count, 0)

    it('is one command a poll, and one trip a step', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const poll = await callsDuring(async () => void (await store.view(job.jobId)))
      expect(poll).toEqual(new Map([['get', 1]]))
      await store.mark(claim, [landed()])
      const mark = await callsDuring(async () => void (await store.mark(claim, [landed()])))
      expect(mark.get('evalsha')).toBe(1)
      expect(sum(mark)).toBeLessThanOrEqual(10)
    })

    it('is a small record to the end, with long errors too, and keys of one shard', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, { lane: 'backfill' }, { userSlots: 1 })
      await store.mark(claim, [landed(), failed()])
      const lastError = 'why '.repeat(500)
      await store.requeue(claim, { lastError, attemptSpent: true, dueInMs: 0 })
      await store.beginEnding(await claimed(store, job), aFailure())
      await store.finalize(job.jobId, { ...aFailure(), errors: [lastError] })
      expect(await client().object('ENCODING', await keyOf('*:job:*'))).toBe('listpack')
      const tag = `sd:{${String(shardOfJob(job.jobId)).padStart(2, '0')}}:`
      const keys = await client().keys('*')
      expect(keys.filter((key) => !key.startsWith(tag))).toEqual([])
      await store.settle(job.jobId)
      expect(await client().keys('*:due')).toEqual([])
      const ttls = await Promise.all((await client().keys('*:*')).map((key) => client().pttl(key)))
      expect(Math.min(...ttls)).toBeGreaterThan(0)
    })
  })
}
