import { describe, expect, it } from 'vitest'
import type { Claim, JobStore } from '../../../src/ports/index.ts'
import {
  aJobId,
  anOutcome,
  aRequest,
  aSegment,
  aToken,
  aUid,
  claimed,
  failed,
  LONG_MS,
  landed,
  recordOf,
  running,
  SHORT_MS,
  silent,
} from './fixtures.ts'
import { eventually, type MakeJobStore } from './harness.ts'

const why = { lastError: 'x', attemptSpent: true, dueInMs: 0 }

/** Every write that names a claim. */
const HOLDER_WRITES: readonly [string, (store: JobStore, claim: Claim) => Promise<unknown>][] = [
  ['renew', (store, claim) => store.renew(claim)],
  [
    'mark with a stage',
    (store, claim) => store.mark(claim, [], { progress: { stage: 'vad', totalSegments: 9 } }),
  ],
  ['mark', (store, claim) => store.mark(claim, [landed()])],
  ['requeue', (store, claim) => store.requeue(claim, why)],
  ['snooze', (store, claim) => store.snooze(claim, { waitingFor: 'capacity', forMs: 0 })],
  ['continueNext', (store, claim) => store.continueNext(claim, why)],
  ['keep', (store, claim) => store.keep(claim, { ...why, waitingFor: 'retry' })],
  ['beginEnding', (store, claim) => store.beginEnding(claim, anOutcome())],
]
const isLost = (answer: unknown) =>
  answer === 'lost' || (typeof answer === 'object' && JSON.stringify(answer) === '{"kind":"lost"}')

export function holdingContract(make: MakeJobStore): void {
  describe.each(HOLDER_WRITES)('%s of a claim that is not the record', (_, write) => {
    it('is lost and changes nothing after a take-over (I3, F29)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await claimed(store, job)
      const before = await recordOf(store, job)
      expect(await write(store, claim)).toSatisfy(isLost)
      expect(await recordOf(store, job)).toEqual(before)
      expect(await store.marks(job.jobId)).toEqual(new Map())
    })

    it('is lost without a record, and makes none', async () => {
      const { store } = await make()
      const jobId = aJobId(aUid())
      const claim = { ...aRequest({ jobId }), epoch: 1, attempt: 1 }
      expect(await write(store, claim)).toSatisfy(isLost)
      expect(await store.read(jobId)).toBeUndefined()
      expect(await store.events(jobId)).toEqual([])
    })

    it('is lost with no token at all, also while nobody holds the job (I3)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.overrideEnding(job.jobId, await recordOf(store, job), anOutcome())
      for (const token of ['', aToken()]) {
        expect(await write(store, { ...claim, token })).toSatisfy(isLost)
      }
    })

    it('is lost on a terminal job and leaves its end alone (I2)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.finalize(job.jobId, anOutcome())
      const before = await recordOf(store, job)
      expect(await write(store, claim)).toSatisfy(isLost)
      expect(await recordOf(store, job)).toEqual(before)
    })
  })

  describe('renew', () => {
    it("prolongs the lease from the store's present", async () => {
      const harness = await make()
      const { store } = harness
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      const from = await harness.now()
      expect(await store.renew({ ...claim, leaseMs: LONG_MS })).toBe('ok')
      const { leaseUntil } = { leaseUntil: 0, ...(await recordOf(store, job)) }
      expect(leaseUntil).toBeGreaterThanOrEqual(from + LONG_MS)
      expect(await store.claim(aRequest(job))).toEqual({ kind: 'locked', leaseUntil })
    })

    it('revives a lease that lapsed and that nobody took (F28)', async () => {
      const harness = await make()
      const { store, now } = harness
      const { job, claim } = await running(store, {}, { leaseMs: SHORT_MS })
      const { leaseUntil } = { leaseUntil: 0, ...(await recordOf(store, job)) }
      await eventually(harness, async () => (await now()) > leaseUntil)
      expect(await store.renew(claim)).toBe('ok')
      expect(await store.mark(claim, [landed()])).toBe('ok')
    })

    it('is not progress (F37)', async () => {
      const { store, lapse } = await make()
      const { job, claim } = await running(store)
      const { progressAt } = await recordOf(store, job)
      await lapse(2)
      await store.renew(claim)
      expect(await recordOf(store, job)).toMatchObject({ progressAt })
    })
  })

  describe('mark with a stage', () => {
    it('shows the stage and, once known, the total, and is progress', async () => {
      const { store, lapse } = await make()
      const { job, claim } = await running(store)
      const { progressAt } = await recordOf(store, job)
      await lapse(2)
      expect(await store.mark(claim, [], { progress: { stage: 'decoding' } })).toBe('ok')
      expect(await recordOf(store, job)).toMatchObject({
        stage: 'decoding',
        segments: { total: 0 },
      })
      await store.mark(claim, [], { progress: { stage: 'vad', totalSegments: 20 } })
      await store.mark(claim, [], { progress: { stage: 'transcribing' } })
      const record = await recordOf(store, job)
      expect(record).toMatchObject({ stage: 'transcribing', segments: { total: 20 } })
      expect(record.progressAt).toBeGreaterThan(progressAt)
    })

    it('forgets no segment of a file that an attempt could not read', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.mark(claim, [], { progress: { stage: 'transcribing', totalSegments: 20 } })
      await store.mark(claim, [], { progress: { stage: 'transcribing', totalSegments: 3 } })
      expect((await recordOf(store, job)).segments.total).toBe(20)
    })

    it('leaves the lease to its renewals', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await store.mark({ ...claim, leaseMs: LONG_MS }, [], { progress: { stage: 'decoding' } })
      expect(await store.claim(aRequest(job))).toMatchObject({ kind: 'claimed' })
    })
  })

  describe('mark', () => {
    it('counts each verdict and keeps the marks', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const marks = [landed(), landed(), silent(), failed()]
      expect(await store.mark(claim, marks)).toBe('ok')
      const { segments } = await recordOf(store, job)
      expect(segments).toEqual({ total: 0, successful: 2, silent: 1, failed: 1 })
      expect(await store.marks(job.jobId)).toEqual(new Map(marks.map((m) => [m.segmentId, m])))
    })

    it('sent again counts nothing again (I4, F26)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const marks = [landed(), silent()]
      await store.mark(claim, marks)
      expect(await store.mark(claim, marks)).toBe('ok')
      const { segments } = await recordOf(store, job)
      expect(segments).toMatchObject({ successful: 1, silent: 1 })
      const told = (await store.events(job.jobId)).filter(({ name }) => name === 'segments')
      expect(told).toHaveLength(1)
    })

    it('never changes a mark that is set, in one call neither (I4)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const segmentId = aSegment()
      await store.mark(claim, [failed(segmentId), landed(segmentId)])
      await store.mark(claim, [landed(segmentId), silent(segmentId)])
      expect(await store.marks(job.jobId)).toEqual(new Map([[segmentId, failed(segmentId)]]))
      const { segments } = await recordOf(store, job)
      expect(segments).toMatchObject({ successful: 0, silent: 0, failed: 1 })
    })

    it('outlives the attempt that set it (F32)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const mark = landed()
      await store.mark(claim, [mark])
      await store.requeue(claim, why)
      const next = await claimed(store, job)
      await store.mark(next, [mark, landed()])
      expect((await recordOf(store, job)).segments).toMatchObject({ successful: 2 })
    })

    it('is progress only when it is new (F37)', async () => {
      const { store, lapse } = await make()
      const { job, claim } = await running(store)
      const mark = landed()
      const before = await recordOf(store, job)
      await lapse(2)
      await store.mark(claim, [mark])
      const { progressAt } = await recordOf(store, job)
      expect(progressAt).toBeGreaterThan(before.progressAt)
      await lapse(2)
      await store.mark(claim, [mark])
      expect(await recordOf(store, job)).toMatchObject({ progressAt })
    })

    it('of no segments changes nothing that is shown', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const before = await recordOf(store, job)
      expect(await store.mark(claim, [])).toBe('ok')
      expect(await recordOf(store, job)).toEqual(before)
    })
  })
}
