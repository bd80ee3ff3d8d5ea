import { describe, expect, it } from 'vitest'
import type { KeepReason } from '../../../src/ports/index.ts'
import { aRequest, claimed, LONG_MS, landed, recordOf, running } from './fixtures.ts'
import type { MakeJobStore } from './harness.ts'

const retry: KeepReason = {
  waitingFor: 'retry',
  lastError: 'Error: 503',
  reasonCode: 'stt_upstream_error',
  attemptSpent: true,
  dueInMs: LONG_MS,
}
const busy: KeepReason = { ...retry, waitingFor: 'capacity', attemptSpent: false, lastError: '' }

export function keepingContract(make: MakeJobStore): void {
  describe('a claim kept for the next attempt', () => {
    it("counts the attempt, says what it waits for, and is nobody else's turn (I3)", async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const answer = await store.keep(claim, retry)
      expect(answer).toMatchObject({ kind: 'kept', claim: { token: claim.token, attempt: 2 } })
      const record = await recordOf(store, job)
      expect(record).toMatchObject({
        ...{ status: 'processing', attempt: 2, fruitlessAttempts: 1, generation: 0 },
        ...{ waitingFor: 'retry', reasonCode: 'stt_upstream_error', lastError: 'Error: 503' },
      })
      expect(record).toMatchObject({ retryAt: record.updatedAt + LONG_MS })
      expect(await store.claim(aRequest(job))).toMatchObject({ kind: 'locked' })
      expect(await store.renew(claim)).toBe('ok')
    })

    it('with the attempt given back counts nothing', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      expect(await store.keep(claim, busy)).toMatchObject({ claim: { attempt: 1 } })
      expect(await recordOf(store, job)).toMatchObject({ attempt: 1, fruitlessAttempts: 0 })
    })

    it.each([retry, busy])('sent again answers the same and changes nothing', async (why) => {
      const { store, lapse } = await make()
      const { job, claim } = await running(store)
      const answer = await store.keep(claim, why)
      const { leaseUntil: _, ...before } = { leaseUntil: 0, ...(await recordOf(store, job)) }
      await lapse(2)
      expect(await store.keep(claim, why)).toEqual(answer)
      expect(await recordOf(store, job)).toMatchObject(before)
      expect(await store.events(job.jobId)).toHaveLength(3)
    })

    it('is answered with the ledger, sent again too', async () => {
      const { store } = await make()
      const { claim } = await running(store)
      const mark = landed()
      await store.mark(claim, [mark])
      const ledger = { marks: new Map([[mark.segmentId, mark]]), suspects: new Map() }
      for (const _ of ['first', 'resent']) {
        expect(await store.keep(claim, busy)).toMatchObject({ kind: 'kept', ledger })
      }
    })

    it('may be kept again and again, each counted once', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const first = await store.keep(claim, busy)
      if (first.kind !== 'kept') throw new Error('lost')
      const second = await store.keep(first.claim, retry)
      if (second.kind !== 'kept') throw new Error('lost')
      expect(await recordOf(store, job)).toMatchObject({ attempt: 2, fruitlessAttempts: 1 })
      expect(await store.keep(claim, retry)).toEqual({ kind: 'lost' })
    })

    it('forgets fruitless attempts after a landed segment, and begins the next without one (F68)', async () => {
      const { store } = await make()
      const { job } = await running(store, {}, { leaseMs: 0 })
      const claim = await claimed(store, job)
      await store.mark(claim, [landed()])
      const answer = await store.keep(claim, retry)
      if (answer.kind !== 'kept') throw new Error('lost')
      expect(await recordOf(store, job)).toMatchObject({
        ...{ fruitlessAttempts: 0, landedInAttempt: false },
      })
      await store.keep(answer.claim, retry)
      expect(await recordOf(store, job)).toMatchObject({ fruitlessAttempts: 1 })
    })

    it('waits no more once its run goes on', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.keep(claim, retry)
      await store.mark(claim, [], { progress: { stage: 'decoding' } })
      const record = await recordOf(store, job)
      for (const field of ['waitingFor', 'waitingSince', 'retryAt', 'reasonCode']) {
        expect(record).not.toHaveProperty(field)
      }
    })
  })
}
