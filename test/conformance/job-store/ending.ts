import { describe, expect, it } from 'vitest'
import { shardOfJob } from '../../../src/kernel/index.ts'
import {
  aFailure,
  aJobId,
  anOutcome,
  aRequest,
  aUid,
  created,
  LONG_MS,
  landed,
  recordOf,
  running,
  SHORT_MS,
} from './fixtures.ts'
import { eventually, type MakeJobStore } from './harness.ts'

const why = { lastError: 'x', attemptSpent: true, dueInMs: 0 }

export function endingContract(make: MakeJobStore): void {
  describe('beginEnding', () => {
    it('freezes the result while a poll still sees processing', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const outcome = aFailure()
      expect(await store.beginEnding(claim, outcome)).toBe('ok')
      const record = await recordOf(store, job)
      expect(record).toMatchObject({ status: 'processing', stage: 'finalizing', ending: outcome })
      const view = await store.view(job.jobId)
      expect(view).toMatchObject({ status: 'processing', stage: 'finalizing' })
      expect(view).not.toHaveProperty('outcome')
      expect(view).not.toHaveProperty('reasonCode')
      expect(await store.claim(aRequest(job))).toMatchObject({ kind: 'locked' })
    })

    it('sent again with the same result is ok and changes nothing', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.beginEnding(claim, anOutcome())
      const before = await recordOf(store, job)
      expect(await store.beginEnding(claim, anOutcome())).toBe('ok')
      expect(await recordOf(store, job)).toEqual(before)
    })

    it('with another result is refused and the first stays (I2)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.beginEnding(claim, anOutcome())
      expect(await store.beginEnding(claim, aFailure())).toBe('lost')
      expect(await recordOf(store, job)).toMatchObject({ ending: anOutcome() })
    })

    it('leaves nobody a way back: holder, claimer and override are refused (I2)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.beginEnding(claim, anOutcome())
      const before = await recordOf(store, job)
      expect(await store.mark(claim, [], { progress: { stage: 'vad', totalSegments: 9 } })).toBe(
        'lost',
      )
      expect(await store.mark(claim, [landed()])).toBe('lost')
      expect(await store.requeue(claim, why)).toBe('lost')
      expect(await store.snooze(claim, { waitingFor: 'retry', forMs: 0 })).toEqual({ kind: 'lost' })
      expect(await store.continueNext(claim, why)).toEqual({ kind: 'lost' })
      expect(await store.overrideEnding(job.jobId, before, aFailure())).toEqual({ kind: 'raced' })
      const next = await store.overrideGeneration(job.jobId, before, { revival: false, dueInMs: 0 })
      expect(next).toEqual({ kind: 'raced' })
      expect(await store.claim(aRequest(job, { generation: 5 }))).toMatchObject({ kind: 'locked' })
      expect(await recordOf(store, job)).toEqual(before)
      expect(await store.marks(job.jobId)).toEqual(new Map())
    })

    it('lets the holder keep its lease until the end is durable', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await store.beginEnding(claim, anOutcome())
      expect(await store.renew({ ...claim, leaseMs: LONG_MS })).toBe('ok')
      expect(await store.claim(aRequest(job))).toMatchObject({ kind: 'locked' })
    })

    it('is due again once the lease of a holder that died is over', async () => {
      const harness = await make()
      const { store } = harness
      const { job, claim } = await running(store)
      const due = () => store.due(shardOfJob(job.jobId), 10)
      await store.beginEnding(claim, anOutcome())
      await store.renew({ ...claim, leaseMs: 0 })
      const { leaseUntil } = { leaseUntil: 0, ...(await recordOf(store, job)) }
      await eventually(harness, async () => (await due()).includes(job.jobId))
      expect(await harness.now()).toBeGreaterThan(leaseUntil)
    })
  })

  describe('finalize', () => {
    it('shows the end, its counts and its reason, and only now', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const outcome = aFailure()
      await store.beginEnding(claim, outcome)
      expect(await store.finalize(job.jobId, outcome)).toMatchObject({ kind: 'finalized' })
      const { status, segments, reasonCode } = outcome
      const record = await recordOf(store, job)
      expect(record).toMatchObject({ status, segments, outcome, settled: false, attempt: 1 })
      expect(record.epoch).toBeGreaterThan(claim.epoch)
      expect(await store.view(job.jobId)).toMatchObject({ status, segments, outcome, reasonCode })
    })

    it('says what is durable, even where something else was frozen', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.beginEnding(claim, aFailure())
      await store.finalize(job.jobId, anOutcome())
      expect(await recordOf(store, job)).toMatchObject({ outcome: anOutcome() })
    })

    it('ends a queued job and clears what it waited for (F39)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.requeue(claim, { ...why, reasonCode: 'stt_timeout' })
      await store.finalize(job.jobId, anOutcome())
      const view = await store.view(job.jobId)
      expect(view).toMatchObject({ status: 'completed' })
      for (const field of ['waitingFor', 'waitingSince', 'retryAt', 'reasonCode']) {
        expect(view).not.toHaveProperty(field)
      }
    })

    it('answers missing without a record', async () => {
      const { store } = await make()
      expect(await store.finalize(aJobId(aUid()), anOutcome())).toMatchObject({ kind: 'missing' })
    })

    it('never changes a terminal job (I2)', async () => {
      const { store } = await make()
      const { job } = await running(store)
      await store.finalize(job.jobId, anOutcome())
      const before = await recordOf(store, job)
      expect(await store.finalize(job.jobId, aFailure())).toMatchObject({ kind: 'finalized' })
      expect(await store.overrideEnding(job.jobId, before, aFailure())).toEqual({ kind: 'raced' })
      const options = { revival: true, dueInMs: 0 }
      const next = await store.overrideGeneration(job.jobId, before, options)
      expect(next).toEqual({ kind: 'raced' })
      expect(await recordOf(store, job)).toEqual(before)
    })

    it.each(['failed', 'partial_failure'] as const)(
      'as %s lifts the content claim (I7)',
      async (status) => {
        const { store } = await make()
        const job = await created(store)
        await store.finalize(job.jobId, anOutcome({ status }))
        expect((await store.contentStanding(job.uid, job.contentId)).holder).toBeUndefined()
      },
    )

    it('as completed keeps the content claim, for as long as the outcome is kept', async () => {
      const { store } = await make()
      const job = await created(store)
      await store.finalize(job.jobId, anOutcome())
      expect((await store.contentStanding(job.uid, job.contentId)).holder).toBe(job.jobId)

      const harness = await make({ outcomeRetentionMs: SHORT_MS })
      const brief = await created(harness.store)
      await harness.store.finalize(brief.jobId, anOutcome())
      const holder = async () =>
        (await harness.store.contentStanding(brief.uid, brief.contentId)).holder
      await eventually(harness, async () => (await holder()) === undefined)
      await created(harness.store, { uid: brief.uid, contentId: brief.contentId })
    })

    it('as cancelled keeps the content claim for as long as the record is kept (I7)', async () => {
      const { store } = await make()
      const outcome = { ...aFailure(), reasonCode: 'sync_cancelled' } as const
      const { job } = await running(store)
      await store.finalize(job.jobId, outcome)
      expect((await store.contentStanding(job.uid, job.contentId)).holder).toBe(job.jobId)

      const harness = await make({ terminalRetentionMs: SHORT_MS })
      const { job: brief } = await running(harness.store)
      await harness.store.finalize(brief.jobId, outcome)
      const holder = async () =>
        (await harness.store.contentStanding(brief.uid, brief.contentId)).holder
      await eventually(harness, async () => (await holder()) === undefined)
    })

    it('leaves a content claim alone that is another job by now', async () => {
      const { store } = await make()
      const first = await created(store)
      const { uid, contentId } = first
      const second = await created(store, { uid, contentId, voidHolder: first.jobId })
      await store.finalize(first.jobId, aFailure())
      expect((await store.contentStanding(uid, contentId)).holder).toBe(second.jobId)
    })

    it('frees the slot', async () => {
      const { store } = await make()
      const { job } = await running(store, {}, { userSlots: 1 })
      await store.finalize(job.jobId, anOutcome())
      await running(store, { uid: job.uid }, { userSlots: 1 })
    })

    it('keeps the job in the due index: it still owes its clean-up (I11, F41)', async () => {
      const { store } = await make()
      const { job } = await running(store)
      await store.finalize(job.jobId, anOutcome())
      await store.postpone(job.jobId, 0)
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual([job.jobId])
    })

    it('leaves whoever ends a job the time for its clean-up before it is due', async () => {
      const { store } = await make()
      const job = await created(store, { dueInMs: 0 })
      await store.finalize(job.jobId, anOutcome())
      expect(await store.due(shardOfJob(job.jobId), 10)).toEqual([])
    })
  })
}
