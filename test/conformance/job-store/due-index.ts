import { describe, expect, it } from 'vitest'
import { shardOfJob, shardOfUid } from '../../../src/kernel/index.ts'
import {
  aJobId,
  anOutcome,
  aUid,
  claimed,
  created,
  LONG_MS,
  landed,
  recordOf,
  running,
} from './fixtures.ts'
import { eventually, type MakeJobStore } from './harness.ts'

export function dueIndexContract(make: MakeJobStore): void {
  describe('due', () => {
    it('answers the jobs of one shard whose time has come, oldest first, up to the limit', async () => {
      const { store, lapse } = await make()
      const uid = aUid()
      const shard = shardOfUid(uid)
      const jobs = [await created(store, { uid }), await created(store, { uid })]
      const ids = [...jobs, await created(store, { uid })].map(({ jobId }) => jobId).toReversed()
      await created(store, { uid, dueInMs: LONG_MS })
      for (const jobId of ids) {
        await store.postpone(jobId, 0)
        await lapse(2)
      }
      expect(await store.due(shard, 10)).toEqual(ids)
      expect(await store.due(shard, 2)).toEqual(ids.slice(0, 2))
      expect(await store.due((shard + 1) % 64, 10)).toEqual([])
    })

    it('leaves a job alone that is worked on, until a second after its lease', async () => {
      const harness = await make()
      const { store } = harness
      const job = await created(store, { dueInMs: 0 })
      const due = () => store.due(shardOfJob(job.jobId), 10)
      const claim = await claimed(store, job)
      expect(await due()).toEqual([])
      await store.renew({ ...claim, leaseMs: 0 })
      const { leaseUntil } = { leaseUntil: 0, ...(await recordOf(store, job)) }
      await eventually(harness, async () => (await due()).includes(job.jobId))
      expect(await harness.now()).toBeGreaterThanOrEqual(leaseUntil + 1_000)
    })

    it('changes nothing: it answers the same again (I9)', async () => {
      const { store } = await make()
      const job = await created(store, { dueInMs: 0 })
      const before = await store.due(shardOfJob(job.jobId), 10)
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual(before)
    })
  })

  describe('postpone', () => {
    it('moves the next look at a job, later or earlier', async () => {
      const { store } = await make()
      const job = await created(store, { dueInMs: 0 })
      const shard = shardOfJob(job.jobId)
      await store.postpone(job.jobId, LONG_MS)
      expect(await store.due(shard, 10)).toEqual([])
      await store.postpone(job.jobId, 0)
      expect(await store.due(shard, 10)).toEqual([job.jobId])
    })

    it('drops a job from the index that has no record', async () => {
      const { store } = await make({ terminalRetentionMs: 0 })
      const job = await created(store)
      await store.finalize(job.jobId, anOutcome())
      await store.settle(job.jobId)
      await store.postpone(job.jobId, 0)
      await store.postpone(aJobId(job.uid), 0)
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual([])
    })
  })

  describe('events', () => {
    it("tell the job's life in order, with the store's time", async () => {
      const { store, now } = await make()
      const from = await now()
      const { job, claim } = await running(store)
      await store.mark(claim, [], { progress: { stage: 'transcribing', totalSegments: 1 } })
      const mark = landed()
      await store.mark(claim, [mark])
      await store.beginEnding(claim, anOutcome())
      await store.finalize(job.jobId, anOutcome())
      await store.settle(job.jobId)
      const events = await store.events(job.jobId)
      expect(events.map(({ name, facts }) => [name, facts])).toEqual([
        ['created', { lane: 'fresh', mode: 'cloud_tasks' }],
        ['claimed', { epoch: `${claim.epoch}`, generation: '0', attempt: '1', after_death: '0' }],
        ['stage', { stage: 'transcribing', total_segments: '1' }],
        ['segments', { marks: `${mark.segmentId}=l` }],
        ['ending', {}],
        ['finalized', { status: 'completed', reason: '' }],
        ['settled', {}],
      ])
      const times = events.map(({ at }) => at)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(times[0]).toBeGreaterThanOrEqual(from)
      expect(times.at(-1)).toBeLessThanOrEqual(await now())
    })
  })
}
