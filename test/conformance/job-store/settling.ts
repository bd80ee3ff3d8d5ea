import { describe, expect, it } from 'vitest'
import { shardOfJob } from '../../../src/kernel/index.ts'
import {
  aFailure,
  anOutcome,
  aRequest,
  claimed,
  created,
  landed,
  recordOf,
  running,
  SHORT_MS,
} from './fixtures.ts'
import { eventually, type MakeJobStore } from './harness.ts'

export function settlingContract(make: MakeJobStore): void {
  describe('finalize of a job that owes nothing any more', () => {
    const SETTLED = { isSettled: true }

    it('takes it out of the due index for good, and says so in one line', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.beginEnding(claim, anOutcome())
      await store.finalize(job.jobId, anOutcome(), SETTLED)
      await store.postpone(job.jobId, 0)
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual([])
      expect(await recordOf(store, job)).toMatchObject({ settled: true, outcome: anOutcome() })
      const told = (await store.events(job.jobId)).map(({ name, facts }) => [
        name,
        facts['settled'],
      ])
      expect(told.slice(-2)).toEqual([
        ['ending', undefined],
        ['finalized', '1'],
      ])
    })

    it('sent again changes nothing', async () => {
      const { store } = await make()
      const { job } = await running(store)
      await store.finalize(job.jobId, anOutcome(), SETTLED)
      const before = await recordOf(store, job)
      const events = await store.events(job.jobId)
      await store.finalize(job.jobId, aFailure(), SETTLED)
      expect(await recordOf(store, job)).toEqual(before)
      expect(await store.events(job.jobId)).toEqual(events)
    })

    it('that somebody ended meanwhile settles it, and leaves its end alone (I2)', async () => {
      const { store } = await make()
      const { job } = await running(store)
      await store.finalize(job.jobId, anOutcome())
      await store.finalize(job.jobId, aFailure(), SETTLED)
      expect(await recordOf(store, job)).toMatchObject({ settled: true, outcome: anOutcome() })
      await store.postpone(job.jobId, 0)
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual([])
    })

    it('starts its retention, after which nothing of it answers', async () => {
      const harness = await make({ terminalRetentionMs: SHORT_MS })
      const { store } = harness
      const { job, claim } = await running(store)
      await store.mark(claim, [landed()])
      await store.finalize(job.jobId, anOutcome(), SETTLED)
      await eventually(harness, async () => (await store.read(job.jobId)) === undefined)
      expect(await store.view(job.jobId)).toBeUndefined()
      expect(await store.marks(job.jobId)).toEqual(new Map())
      expect(await store.events(job.jobId)).toEqual([])
    })
  })

  describe('settle', () => {
    it('takes the job out of the due index for good', async () => {
      const { store } = await make()
      const { job } = await running(store)
      await store.finalize(job.jobId, anOutcome())
      await store.postpone(job.jobId, 0)
      await store.settle(job.jobId)
      await store.postpone(job.jobId, 0)
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual([])
      expect(await recordOf(store, job)).toMatchObject({ settled: true, outcome: anOutcome() })
    })

    it('sent again changes nothing', async () => {
      const { store } = await make()
      const { job } = await running(store)
      await store.finalize(job.jobId, anOutcome())
      await store.settle(job.jobId)
      const before = await recordOf(store, job)
      const events = await store.events(job.jobId)
      await store.settle(job.jobId)
      expect(await recordOf(store, job)).toEqual(before)
      expect(await store.events(job.jobId)).toEqual(events)
    })

    it('of a job that has not ended does nothing (I11)', async () => {
      const { store } = await make()
      const job = await created(store, { dueInMs: 0 })
      await store.settle(job.jobId)
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual([job.jobId])
      await claimed(store, job)
    })

    it('starts the retention, after which nothing of the job answers', async () => {
      const harness = await make({ terminalRetentionMs: SHORT_MS })
      const { store } = harness
      const { job, claim } = await running(store)
      await store.mark(claim, [landed()])
      await store.finalize(job.jobId, anOutcome())
      await harness.lapse(SHORT_MS * 2)
      expect(await store.read(job.jobId)).toBeDefined()
      await store.settle(job.jobId)
      await eventually(harness, async () => (await store.read(job.jobId)) === undefined)
      expect(await store.view(job.jobId)).toBeUndefined()
      expect(await store.marks(job.jobId)).toEqual(new Map())
      expect(await store.events(job.jobId)).toEqual([])
      expect(await store.claim(aRequest(job))).toEqual({ kind: 'missing' })
    })

    it('of a job that is gone drops it from the due index', async () => {
      const harness = await make({ terminalRetentionMs: 0 })
      const { store } = harness
      const job = await created(store)
      await store.finalize(job.jobId, anOutcome())
      await store.settle(job.jobId)
      await store.settle(job.jobId)
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual([])
    })
  })
}
