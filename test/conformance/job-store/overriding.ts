import { describe, expect, it } from 'vitest'
import { shardOfJob } from '../../../src/kernel/index.ts'
import type { JobStore, Seen } from '../../../src/ports/index.ts'
import {
  aFailure,
  aJob,
  anOutcome,
  aRequest,
  claimed,
  created,
  LONG_MS,
  landed,
  recordOf,
  running,
} from './fixtures.ts'
import type { MakeJobStore } from './harness.ts'

const next = { revival: false, dueInMs: LONG_MS }
type Override = (
  store: JobStore,
  jobId: ReturnType<typeof aJob>['jobId'],
  seen: Seen,
) => Promise<unknown>
const OVERRIDES: readonly [string, Override][] = [
  ['overrideEnding', (store, jobId, seen) => store.overrideEnding(jobId, seen, aFailure())],
  ['overrideGeneration', (store, jobId, seen) => store.overrideGeneration(jobId, seen, next)],
]

export function overridingContract(make: MakeJobStore): void {
  describe.each(OVERRIDES)('%s', (_, override) => {
    it.each([
      ['status', { status: 'queued' }],
      ['epoch', { epoch: 1 }],
      ['generation', { generation: 1 }],
    ] as const)('is raced by a job of another %s, and changes nothing (I3)', async (_, other) => {
      const { store } = await make()
      const { job } = await running(store)
      const before = await recordOf(store, job)
      expect(await override(store, job.jobId, { ...before, ...other })).toEqual({ kind: 'raced' })
      expect(await recordOf(store, job)).toEqual(before)
    })

    it('is missing without a record', async () => {
      const { store } = await make()
      const seen = { status: 'queued', epoch: 1, generation: 0 } as const
      expect(await override(store, aJob().jobId, seen)).toEqual({ kind: 'missing' })
    })

    it('is raced by whoever claimed the job meanwhile (F46)', async () => {
      const { store } = await make()
      const job = await created(store)
      const seen = await recordOf(store, job)
      const claim = await claimed(store, job)
      expect(await override(store, job.jobId, seen)).toEqual({ kind: 'raced' })
      expect(await store.renew(claim)).toBe('ok')
    })

    it('is done once for two who saw the same (F45)', async () => {
      const { store } = await make()
      const job = await created(store)
      const seen = await recordOf(store, job)
      expect(await override(store, job.jobId, seen)).toMatchObject({ kind: 'done' })
      const before = await recordOf(store, job)
      expect(await override(store, job.jobId, seen)).toEqual({ kind: 'raced' })
      expect(await recordOf(store, job)).toEqual(before)
    })

    it('fences the holder and raises the epoch (I3, F29)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const seen = await recordOf(store, job)
      expect(await override(store, job.jobId, seen)).toMatchObject({ kind: 'done' })
      expect((await recordOf(store, job)).epoch).toBeGreaterThan(claim.epoch)
      expect(await store.renew(claim)).toBe('lost')
      expect(await store.mark(claim, [landed()])).toBe('lost')
      expect(await store.beginEnding(claim, anOutcome())).toBe('lost')
    })

    it('frees the slot of the holder', async () => {
      const { store } = await make()
      const { job } = await running(store, {}, { userSlots: 1 })
      await override(store, job.jobId, await recordOf(store, job))
      await running(store, { uid: job.uid }, { userSlots: 1 })
    })
  })

  describe('overrideEnding', () => {
    it('freezes the result of a queued job, which nobody can claim from then on', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.snooze(claim, { waitingFor: 'capacity', forMs: 0, reasonCode: 'stt_timeout' })
      const seen = await recordOf(store, job)
      const answer = await store.overrideEnding(job.jobId, seen, aFailure())
      expect(answer).toEqual({ kind: 'done', generation: 1 })
      const record = await recordOf(store, job)
      expect(record).toMatchObject({ status: 'processing', stage: 'finalizing', leaseUntil: 0 })
      expect(record).toMatchObject({ ending: aFailure() })
      const view = await store.view(job.jobId)
      for (const field of ['outcome', 'waitingFor', 'waitingSince', 'retryAt', 'reasonCode']) {
        expect(view).not.toHaveProperty(field)
      }
      const late = await store.claim(aRequest(job, { generation: 1 }))
      expect(late).toEqual({ kind: 'ending' })
    })

    it('makes the job due now, so that a crash leaves its end to recovery', async () => {
      const { store } = await make()
      const job = await created(store)
      await store.overrideEnding(job.jobId, await recordOf(store, job), aFailure())
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual([job.jobId])
      expect(await store.finalize(job.jobId, aFailure())).toMatchObject({ kind: 'finalized' })
    })
  })

  describe('overrideGeneration', () => {
    it('queues the next generation and counts a revival only when told to (F48)', async () => {
      const { store } = await make()
      const job = await created(store)
      const bump = async (revival: boolean) => {
        const options = { revival, dueInMs: LONG_MS }
        return store.overrideGeneration(job.jobId, await recordOf(store, job), options)
      }
      expect(await bump(false)).toEqual({ kind: 'done', generation: 1 })
      expect(await recordOf(store, job)).toMatchObject({ generation: 1, revivals: 0 })
      expect(await bump(true)).toEqual({ kind: 'done', generation: 2 })
      expect(await recordOf(store, job)).toMatchObject({ generation: 2, revivals: 1 })
      expect(await recordOf(store, job)).toMatchObject({
        status: 'queued',
        attempt: 0,
        fruitlessAttempts: 0,
      })
      const late = await store.claim(aRequest(job, { generation: 1 }))
      expect(late).toEqual({ kind: 'stale_generation', generation: 2 })
      await claimed(store, job, { generation: 2 })
    })

    it('counts the attempt it ended as fruitless, or forgets them after progress', async () => {
      const { store } = await make()
      const { job } = await running(store)
      await store.overrideGeneration(job.jobId, await recordOf(store, job), next)
      expect(await recordOf(store, job)).toMatchObject({ fruitlessAttempts: 1, attempt: 1 })
      const claim = await claimed(store, job, { generation: 1 })
      await store.mark(claim, [landed()])
      await store.overrideGeneration(job.jobId, await recordOf(store, job), next)
      expect(await recordOf(store, job)).toMatchObject({ fruitlessAttempts: 0, attempt: 2 })
      await store.overrideGeneration(job.jobId, await recordOf(store, job), next)
      expect(await recordOf(store, job)).toMatchObject({ fruitlessAttempts: 0 })
    })

    it('F46: leaves a holder alone that renewed since it was seen', async () => {
      const { store, lapse } = await make()
      const { job, claim } = await running(store)
      const seen = await recordOf(store, job)
      await lapse(5)
      expect(await store.renew(claim)).toBe('ok')
      expect(await store.overrideGeneration(job.jobId, seen, next)).toEqual({ kind: 'raced' })
      expect(await store.renew(claim)).toBe('ok')
    })

    it('tells whether the attempt it meets landed anything', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      expect(await recordOf(store, job)).toMatchObject({ landedInAttempt: false })
      await store.mark(claim, [landed()])
      expect(await recordOf(store, job)).toMatchObject({ landedInAttempt: true })
    })

    it('puts the next look at the job where it is told to', async () => {
      const { store } = await make()
      const job = await created(store)
      const shard = shardOfJob(job.jobId)
      await store.overrideGeneration(job.jobId, await recordOf(store, job), next)
      expect(await store.due(shard, 10)).toEqual([])
      const now = { revival: false, dueInMs: 0 }
      await store.overrideGeneration(job.jobId, await recordOf(store, job), now)
      expect(await store.due(shard, 10)).toEqual([job.jobId])
    })
  })
}
