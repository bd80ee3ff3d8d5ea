import { describe, expect, it } from 'vitest'
import { shardOfJob, shardOfUid } from '../../../src/kernel/index.ts'
import type { NewJob } from '../../../src/ports/index.ts'
import {
  aFailure,
  aJobId,
  anOutcome,
  aRequest,
  aToken,
  aUid,
  claimed,
  created,
  LONG_MS,
  landed,
  recordOf,
  running,
} from './fixtures.ts'
import type { MakeJobStore } from './harness.ts'

const why = { lastError: 'x', attemptSpent: true, dueInMs: LONG_MS }
/** A walk is due whatever was before. */
const ALWAYS = { since: 0, againMs: 0 }
const shardOf = (job: Pick<NewJob, 'jobId'>) => shardOfJob(job.jobId)

/** What recovery keeps beside the jobs. */
export function recoveringContract(make: MakeJobStore): void {
  describe('a pass over a shard', () => {
    it('is one at a time, until it ends or its lease does (F45)', async () => {
      const { store, lapse } = await make()
      const [token, other] = [aToken(), aToken()]
      const take = async (by: string, leaseMs = LONG_MS) =>
        (await store.beginPass(7, { token: by, leaseMs })).kind === 'taken'
      expect([await take(token), await take(other), await take(token)]).toEqual([true, false, true])
      await store.endPass(7, other)
      expect(await take(other)).toBe(false)
      await store.endPass(7, token)
      expect(await take(other, 20)).toBe(true)
      await lapse(25)
      expect(await take(token)).toBe(true)
    })

    it('tells since when the sentinel is missing, until the loss is confirmed as swept', async () => {
      const { store, now, lapse } = await make()
      const lease = { token: aToken(), leaseMs: LONG_MS }
      const lostSince = async () => (await store.beginPass(8, lease)).lostSince
      const seenAt = (await lostSince()) ?? 0
      expect(seenAt).toBeLessThanOrEqual(await now())
      await lapse(5)
      expect(await lostSince()).toBe(seenAt)
      await store.confirmShard(8, seenAt - 1)
      expect(await lostSince()).toBe(seenAt)
      await store.confirmShard(8, seenAt)
      expect(await lostSince()).toBeUndefined()
      expect((await store.beginPass(9, lease)).lostSince).toBeDefined()
    })
  })

  describe('a walk over the staged objects', () => {
    it('goes on from its cursor, and is whole at its end', async () => {
      const { store } = await make()
      const lease = { token: aToken(), leaseMs: LONG_MS, ...ALWAYS }
      const first = await store.beginSweep(3, lease)
      expect(first).toMatchObject({ kind: 'taken', cursor: undefined, wholeSince: undefined })
      await store.endSweep(3, lease.token, { beganAt: first.now, cursor: 'staging/3/x' })
      const under = await store.beginSweep(3, lease)
      expect(under).toMatchObject({ cursor: 'staging/3/x', beganAt: first.now })
      await store.endSweep(3, lease.token, { beganAt: first.now, cursor: undefined })
      const next = await store.beginSweep(3, lease)
      expect(next).toMatchObject({ beganAt: undefined, cursor: undefined, wholeSince: first.now })
      expect((await store.beginSweep(4, lease)).wholeSince).toBeUndefined()
    })

    it('tells when a pass last came by, whether or not there was anything to walk over', async () => {
      const { store, now, lapse } = await make()
      expect(await store.lastPassAt()).toBeUndefined()
      const lease = { token: aToken(), leaseMs: LONG_MS, ...ALWAYS }
      await store.beginSweep(3, lease)
      expect(await store.lastPassAt()).toBeUndefined()
      const first = await store.beginSweep(0, lease)
      expect(await store.lastPassAt()).toBe(first.now)
      await lapse(5)
      await store.beginSweep(0, { ...lease, token: aToken() })
      expect(await store.lastPassAt()).toBeGreaterThanOrEqual(first.now + 5)
      expect(await store.lastPassAt()).toBeLessThanOrEqual(await now())
    })

    it('is led by one; another sees how far it has come, and writes nothing', async () => {
      const { store } = await make()
      const [lease, late] = [aToken(), aToken()].map((token) => ({
        token,
        leaseMs: LONG_MS,
        ...ALWAYS,
      }))
      if (!lease || !late) throw new Error('two leases')
      const { now } = await store.beginSweep(3, lease)
      expect(await store.beginSweep(3, late)).toMatchObject({ kind: 'busy' })
      await store.endSweep(3, late.token, { beganAt: now, cursor: 'staging/3/y' })
      await store.endSweep(3, lease.token, { beganAt: now, cursor: undefined })
      expect(await store.beginSweep(3, late)).toMatchObject({ kind: 'taken', wholeSince: now })
    })
  })

  describe('what needs nothing', () => {
    it('is left idle: a shard where nothing is due, a part that was walked over lately', async () => {
      const { store } = await make()
      const lease = { token: aToken(), leaseMs: LONG_MS }
      const job = await created(store)
      const pass = async () => (await store.beginPass(shardOf(job), lease, LONG_MS)).kind
      expect(await pass()).toBe('idle')
      await store.postpone(job.jobId, 0)
      expect(await pass()).toBe('taken')
      const need = { since: 1, againMs: LONG_MS }
      const { now } = await store.beginSweep(5, { ...lease, ...need })
      await store.endSweep(5, lease.token, { beganAt: now, cursor: undefined })
      const sweep = async (given: typeof need) =>
        (await store.beginSweep(5, { ...lease, ...given })).kind
      expect(await sweep(need)).toBe('idle')
      expect(await sweep({ ...need, againMs: 0 })).toBe('taken')
      await store.endSweep(5, lease.token, { beganAt: now, cursor: undefined })
      expect(await sweep({ ...need, since: now + 1 })).toBe('taken')
      await store.endSweep(5, lease.token, { beganAt: now, cursor: 'staging/5/x' })
      expect(await sweep(need)).toBe('taken')
    })
  })

  describe('keepDue', () => {
    it('leaves an entry as it is, and knows a job that is gone or owes nothing', async () => {
      const { store } = await make()
      const job = await created(store)
      expect(await store.keepDue(job.jobId)).toBe('due')
      expect(await store.due(shardOf(job), 10)).toEqual([])
      expect(await store.keepDue(aJobId(job.uid))).toBe('missing')
      await store.finalize(job.jobId, anOutcome())
      expect(await store.keepDue(job.jobId)).toBe('due')
      await store.settle(job.jobId)
      expect(await store.keepDue(job.jobId)).toBe('settled')
      expect(await store.due(shardOf(job), 10)).toEqual([])
    })
  })

  describe('postpone of a job as it was seen', () => {
    it('leaves it alone when it moved since (F46)', async () => {
      const { store } = await make()
      const job = await created(store, { dueInMs: 0 })
      const seen = await recordOf(store, job)
      const claim = await claimed(store, job)
      await store.requeue(claim, { ...why, dueInMs: 0 })
      await store.postpone(job.jobId, LONG_MS, seen)
      expect(await store.due(shardOf(job), 10)).toEqual([job.jobId])
      await store.postpone(job.jobId, LONG_MS, await recordOf(store, job))
      expect(await store.due(shardOf(job), 10)).toEqual([])
    })
  })

  describe('stalled', () => {
    it('answers jobs under a lease by their last progress, not by its renewal', async () => {
      const { store, lapse } = await make()
      const uid = aUid()
      const [hung, busy] = [await running(store, { uid }), await running(store, { uid })]
      const stalled = () => store.stalled(shardOfUid(uid), { forMs: 400, limit: 10 })
      expect(await stalled()).toEqual([])
      await lapse(410)
      await store.mark(busy.claim, [landed()])
      await store.renew(busy.claim)
      await store.renew(hung.claim)
      expect(await stalled()).toEqual([hung.job.jobId])
      expect(await store.stalled((shardOfUid(uid) + 1) % 64, { forMs: 0, limit: 9 })).toEqual([])
    })

    it.each([
      ['given back', (s, _job, claim) => s.requeue(claim, why)],
      ['ended', (s, job) => s.finalize(job.jobId, anOutcome())],
      [
        'moved on',
        async (s, job) =>
          s.overrideGeneration(job.jobId, await recordOf(s, job), { revival: true, dueInMs: 0 }),
      ],
      [
        'ended by another',
        async (s, job) => s.overrideEnding(job.jobId, await recordOf(s, job), aFailure()),
      ],
    ] satisfies readonly [string, Leave][])('knows no job that was %s', async (_, leave) => {
      const { store, lapse } = await make()
      const { job, claim } = await running(store)
      await lapse(5)
      await leave(store, job, claim)
      expect(await store.stalled(shardOf(job), { forMs: 0, limit: 10 })).toEqual([])
    })
  })

  describe('the clock of running', () => {
    it('stands still while the job waits, and goes on across attempts (I8)', async () => {
      const { store, lapse } = await make()
      const { job, claim } = await running(store)
      const first = await recordOf(store, job)
      await lapse(30)
      await store.requeue(claim, why)
      await lapse(100)
      await claimed(store, job)
      const second = await recordOf(store, job)
      for (const at of ['startedAt', 'progressAt'] as const) {
        expect(Number(second[at]) - Number(first[at])).toBeGreaterThanOrEqual(100)
        expect(second.updatedAt - Number(second[at])).toBeGreaterThanOrEqual(30)
      }
    })

    it('stands still while a dead one waits for its queue, and while it has no slot (I8)', async () => {
      const { store, lapse } = await make()
      const { job } = await running(store, {}, { leaseMs: 10 })
      const first = await recordOf(store, job)
      await lapse(110)
      const other = await running(store, { uid: job.uid }, { userSlots: 1 })
      for (let time = 0; time < 2; time += 1) {
        const { generation } = await recordOf(store, job)
        const denied = await store.claim(aRequest(job, { userSlots: 1, generation }))
        expect(denied.kind).toBe('no_slot')
        await lapse(50)
      }
      await store.requeue(other.claim, why)
      await claimed(store, job, { generation: 2, userSlots: 1 })
      const last = await recordOf(store, job)
      expect(Number(last.startedAt) - Number(first.startedAt)).toBeGreaterThanOrEqual(200)
      expect(Number(last.startedAt)).toBeLessThanOrEqual(last.updatedAt)
    })
  })

  describe('an end that was counted before a segment landed', () => {
    it('is raced, under the same claim (F46)', async () => {
      const { store, lapse } = await make()
      const { job, claim } = await running(store)
      const { status, epoch, generation, progressAt } = await recordOf(store, job)
      await lapse(2)
      await store.mark(claim, [landed()])
      const seen = { status, epoch, generation, progressAt }
      expect(await store.overrideEnding(job.jobId, seen, aFailure())).toEqual({ kind: 'raced' })
      expect((await recordOf(store, job)).segments).toMatchObject({ successful: 1, failed: 0 })
    })
  })
}

type Leave = (
  store: Awaited<ReturnType<MakeJobStore>>['store'],
  job: NewJob,
  claim: Awaited<ReturnType<typeof claimed>>,
) => Promise<unknown>
