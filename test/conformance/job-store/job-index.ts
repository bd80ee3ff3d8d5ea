import { describe, expect, it } from 'vitest'
import { shardOfUid } from '../../../src/kernel/index.ts'
import { compareIndexed } from '../../../src/ports/index.ts'
import { aFailure, aJob, anOutcome, aUid, claimed, created, LONG_MS } from './fixtures.ts'
import type { MakeJobStore } from './harness.ts'

export function jobIndexContract(make: MakeJobStore): void {
  describe('note', () => {
    it('adds a line to the timeline and changes nothing else', async () => {
      const { store } = await make()
      const job = await created(store)
      const before = await store.read(job.jobId)
      await store.note(job.jobId, 'operator', { action: 'fail', reason: 'why "not"' })
      const [, noted] = await store.events(job.jobId)
      const facts = { action: 'fail', reason: 'why "not"' }
      expect(noted).toMatchObject({ name: 'operator', facts })
      expect(await store.read(job.jobId)).toEqual(before)
    })

    it('leaves nothing behind for a job that is not there', async () => {
      const { store } = await make()
      const { jobId } = aJob()
      await store.note(jobId, 'operator', { action: 'fail' })
      expect(await store.events(jobId)).toEqual([])
    })
  })

  describe('the index of jobs', () => {
    it('pages through live jobs newest first, each once, however the instants tie', async () => {
      const { store } = await make()
      const uid = aUid()
      const shard = shardOfUid(uid)
      const expected = []
      for (const createdAt of [5_000, 7_000, 7_000, 7_000, 6_000]) {
        const { jobId } = await created(store, { uid, createdAt })
        expected.push({ jobId, at: createdAt })
      }
      expected.sort(compareIndexed)
      const found = []
      for (;;) {
        const page = { shard, state: 'live', limit: 2, before: found.at(-1) } as const
        const jobs = await store.pageOfJobs(page)
        if (jobs.length === 0) break
        found.push(...jobs)
      }
      expect(found).toEqual(expected)
      expect(await store.liveJobs(shard)).toEqual({ count: 5, running: 0, oldestAt: 5_000 })
      expect(await store.liveJobs((shard + 1) % 64)).toEqual({ count: 0, running: 0 })
    })

    it('moves a job to its end, and counts ends by their time', async () => {
      const { store, now } = await make()
      const uid = aUid()
      const shard = shardOfUid(uid)
      const done = await created(store, { uid })
      const failed = await created(store, { uid })
      const fromAt = await now()
      await store.finalize(done.jobId, anOutcome())
      await store.finalize(failed.jobId, aFailure())
      await store.finalize(failed.jobId, anOutcome())
      const toAt = (await now()) + 1
      const ended = (status: 'completed' | 'failed', span = { fromAt, toAt }) =>
        store.countEnded(shard, status, span)
      expect(await store.liveJobs(shard)).toEqual({ count: 0, running: 0 })
      expect([await ended('completed'), await ended('failed')]).toEqual([1, 1])
      expect(await ended('completed', { fromAt: 0, toAt: fromAt })).toBe(0)
      const [found] = await store.pageOfJobs({ shard, state: 'failed', limit: 5 })
      expect(found?.jobId).toBe(failed.jobId)
      expect(found?.at).toBeGreaterThanOrEqual(fromAt)
    })

    it('knows which live jobs are at work, those without progress for longest first', async () => {
      const { store } = await make()
      const uid = aUid()
      const shard = shardOfUid(uid)
      const first = await created(store, { uid })
      const second = await created(store, { uid })
      await created(store, { uid })
      const claim = await claimed(store, first)
      await claimed(store, second)
      expect(await store.liveJobs(shard)).toMatchObject({ count: 3, running: 2 })
      const ids = [first.jobId, second.jobId]
      expect([...(await store.runningJobs(shard, 5))].sort()).toEqual(ids.sort())
      expect(await store.runningJobs(shard, 1)).toHaveLength(1)
      await store.finalize(second.jobId, anOutcome())
      await store.requeue(claim, { lastError: 'x', attemptSpent: true, dueInMs: LONG_MS })
      expect(await store.liveJobs(shard)).toMatchObject({ count: 2, running: 0 })
      expect(await store.runningJobs(shard, 5)).toEqual([])
    })

    it('forgets ends as old as their records', async () => {
      const { store, lapse } = await make({ terminalRetentionMs: 300 })
      const uid = aUid()
      const first = await created(store, { uid })
      const query = { shard: shardOfUid(uid), state: 'completed', limit: 5 } as const
      const ids = async () => (await store.pageOfJobs(query)).map(({ jobId }) => jobId)
      await store.finalize(first.jobId, anOutcome())
      expect(await ids()).toEqual([first.jobId])
      await store.settle(first.jobId)
      await lapse(600)
      const second = await created(store, { uid, dueInMs: LONG_MS })
      await store.finalize(second.jobId, anOutcome())
      await store.settle(second.jobId)
      expect(await ids()).not.toContain(first.jobId)
    })
  })
}
