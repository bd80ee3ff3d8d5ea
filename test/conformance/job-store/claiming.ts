import { describe, expect, it } from 'vitest'
import {
  aJob,
  anOutcome,
  aRequest,
  aSegment,
  aToken,
  claimed,
  created,
  failed,
  LONG_MS,
  landed,
  recordOf,
  running,
  SHORT_MS,
} from './fixtures.ts'
import { eventually, type MakeJobStore } from './harness.ts'

export function claimingContract(make: MakeJobStore): void {
  describe('claim', () => {
    it('makes the job processing, with a rising epoch and one more attempt', async () => {
      const { store, now } = await make()
      const job = await created(store)
      const before = await recordOf(store, job)
      const from = await now()
      const claim = await claimed(store, job)
      expect(claim).toMatchObject({ epoch: before.epoch + 1, generation: 0, attempt: 1 })
      const record = await recordOf(store, job)
      expect(record).toMatchObject({ status: 'processing', epoch: claim.epoch, attempt: 1 })
      expect(record).toMatchObject({ claimedGeneration: 0, fruitlessAttempts: 0 })
      expect(record.startedAt).toBeGreaterThanOrEqual(from)
      const { leaseUntil } = { leaseUntil: 0, ...record }
      expect(leaseUntil).toBeGreaterThanOrEqual(from + LONG_MS)
      expect(leaseUntil).toBeLessThanOrEqual((await now()) + LONG_MS)
    })

    it('of a job without a record answers missing', async () => {
      const { store } = await make()
      expect(await store.claim(aRequest(aJob()))).toEqual({ kind: 'missing' })
    })

    it('of a terminal job answers terminal, whatever the generation (F40)', async () => {
      const { store } = await make()
      const job = await created(store)
      await store.finalize(job.jobId, anOutcome())
      for (const generation of [0, 7]) {
        expect(await store.claim(aRequest(job, { generation }))).toEqual({ kind: 'terminal' })
      }
    })

    it('by an older generation is stale and changes nothing (F24, F25)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.snooze(claim, { waitingFor: 'retry', forMs: 0 })
      const before = await recordOf(store, job)
      const answer = await store.claim(aRequest(job, { generation: 0 }))
      expect(answer).toEqual({ kind: 'stale_generation', generation: 1 })
      expect(await recordOf(store, job)).toEqual(before)
    })

    it('answers with the ledger: the marks of earlier attempts, and what a death left suspect', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      const [mark, lost, suspect] = [landed(), failed(), aSegment()]
      const flight = { units: [suspect], alone: true, acquitted: [] }
      await store.mark(claim, [mark, lost], { flight })
      const request = aRequest(job)
      const expected = {
        marks: new Map([mark, lost].map((each) => [each.segmentId, each])),
        suspects: new Map([[suspect, 1]]),
      }
      for (const _ of ['first', 'resent']) {
        expect(await store.claim(request)).toMatchObject({ kind: 'claimed', ledger: expected })
      }
    })

    it('by a newer generation lifts the job to it', async () => {
      const { store } = await make()
      const job = await created(store)
      expect(await claimed(store, job, { generation: 4 })).toMatchObject({ generation: 4 })
      expect(await recordOf(store, job)).toMatchObject({ generation: 4, claimedGeneration: 4 })
      expect(await store.claim(aRequest(job, { generation: 3 }))).toMatchObject({ generation: 4 })
    })

    it('of a live lease is locked until that lease ends, and changes nothing (F23)', async () => {
      const { store } = await make()
      const { job } = await running(store)
      const before = await recordOf(store, job)
      const { leaseUntil } = { leaseUntil: 0, ...before }
      for (const generation of [0, 1]) {
        const answer = await store.claim(aRequest(job, { generation }))
        expect(answer).toEqual({ kind: 'locked', leaseUntil })
      }
      expect(await recordOf(store, job)).toEqual(before)
    })

    it('takes a lapsed lease over, with a higher epoch, and not before (F33)', async () => {
      const harness = await make()
      const { store } = harness
      const { job, claim } = await running(store, {}, { leaseMs: SHORT_MS })
      const { leaseUntil } = { leaseUntil: 0, ...(await recordOf(store, job)) }
      await eventually(harness, async () => {
        const answer = await store.claim(aRequest(job))
        if (answer.kind !== 'claimed') return false
        expect(await harness.now()).toBeGreaterThanOrEqual(leaseUntil)
        expect(answer.claim).toMatchObject({ epoch: claim.epoch + 1, generation: 0, attempt: 2 })
        return true
      })
    })

    it('asked again by the same token answers the same claim and renews it', async () => {
      const { store } = await make()
      const job = await created(store)
      const request = aRequest(job, { leaseMs: 0 })
      const first = await store.claim(request)
      expect(await store.claim(request)).toEqual(first)
      await store.claim({ ...request, leaseMs: LONG_MS })
      expect(await store.claim(aRequest(job))).toMatchObject({ kind: 'locked' })
      expect(await recordOf(store, job)).toMatchObject({ attempt: 1 })
      expect((await store.events(job.jobId)).map(({ name }) => name)).toEqual([
        'created',
        'claimed',
      ])
    })

    it('asked again by the same token after a take-over is refused like any other', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await claimed(store, job)
      const again = await store.claim(aRequest(job, { token: claim.token }))
      expect(again).toMatchObject({ kind: 'locked' })
    })

    it('counts a death without a landed segment as fruitless, once each', async () => {
      const { store } = await make()
      const { job } = await running(store, {}, { leaseMs: 0 })
      await claimed(store, job, { leaseMs: 0 })
      expect(await recordOf(store, job)).toMatchObject({ fruitlessAttempts: 1, attempt: 2 })
      await claimed(store, job)
      expect(await recordOf(store, job)).toMatchObject({ fruitlessAttempts: 2, attempt: 3 })
    })

    it('forgets fruitless attempts when the one that died landed a segment (F68)', async () => {
      const { store } = await make()
      const { job } = await running(store, {}, { leaseMs: 0 })
      const second = await claimed(store, job, { leaseMs: 0 })
      await store.mark(second, [landed()])
      await claimed(store, job)
      expect(await recordOf(store, job)).toMatchObject({ fruitlessAttempts: 0, attempt: 3 })
    })

    it('does not take a failed segment for progress of the attempt that died', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await store.mark(claim, [failed()])
      await claimed(store, job)
      expect(await recordOf(store, job)).toMatchObject({ fruitlessAttempts: 1 })
    })

    it('ends the wait that the job was in', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.snooze(claim, { waitingFor: 'budget', forMs: 0, reasonCode: 'stt_timeout' })
      await claimed(store, job, { generation: 1 })
      const view = await store.view(job.jobId)
      for (const field of ['waitingFor', 'waitingSince', 'retryAt', 'reasonCode']) {
        expect(view).not.toHaveProperty(field)
      }
    })

    it('of a job whose result is frozen is locked, then ending, for its holder too', async () => {
      const harness = await make()
      const { store } = harness
      const token = aToken()
      const { job, claim } = await running(store, {}, { token })
      await store.beginEnding(claim, anOutcome())
      expect(await store.claim(aRequest(job))).toMatchObject({ kind: 'locked' })
      expect(await store.claim(aRequest(job, { token }))).toMatchObject({ kind: 'locked' })
      await store.renew({ ...claim, leaseMs: 0 })
      expect(await store.claim(aRequest(job))).toEqual({ kind: 'ending' })
      expect(await store.claim(aRequest(job, { token }))).toEqual({ kind: 'ending' })
    })
  })
}
