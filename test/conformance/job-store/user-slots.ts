import { describe, expect, it } from 'vitest'
import { shardOfJob } from '../../../src/kernel/index.ts'
import type { NewJob } from '../../../src/ports/index.ts'
import {
  aFailure,
  anOutcome,
  aRequest,
  aUid,
  claimed,
  created,
  LONG_MS,
  recordOf,
  running,
  SHORT_MS,
} from './fixtures.ts'
import { eventually, type JobStoreHarness, type MakeJobStore } from './harness.ts'

const ONE_SLOT = { userSlots: 1 }

/** One job runs in its user's only slot; an older and a younger capture were put off. */
async function crowded(harness: JobStoreHarness) {
  const { store } = harness
  const uid = aUid()
  const first = await running(store, { uid }, ONE_SLOT)
  const younger = await created(store, { uid, capturedAt: 1_767_222_222_000 })
  const older = await created(store, { uid, capturedAt: 1_767_111_111_000 })
  for (const job of [younger, older]) {
    expect(await store.claim(aRequest(job, ONE_SLOT))).toMatchObject({ kind: 'no_slot' })
  }
  return { store, uid, first, younger, older }
}

const dueOf = (harness: JobStoreHarness, job: NewJob) =>
  harness.store.due(shardOfJob(job.jobId), 100)

export function userSlotsContract(make: MakeJobStore): void {
  describe('user slots', () => {
    it('put a job off under the next generation, without an attempt, while they are taken', async () => {
      const { store, now } = await make()
      const { job: first } = await running(store, {}, ONE_SLOT)
      const job = await created(store, { uid: first.uid })
      const from = await now()
      const answer = await store.claim(aRequest(job, ONE_SLOT))
      const { retryAt } = { retryAt: 0, ...answer }
      expect(answer).toEqual({ kind: 'no_slot', generation: 1, retryAt })
      expect(retryAt).toBeGreaterThanOrEqual(from + LONG_MS)
      const record = await recordOf(store, job)
      expect(record).toMatchObject({ status: 'queued', generation: 1, attempt: 0, retryAt })
      expect(record).toMatchObject({ waitingFor: 'capacity', claimedGeneration: -1, revivals: 0 })
    })

    it('make a job that is put off due when its wait ends, and not before', async () => {
      const harness = await make()
      const { store } = harness
      const { job: first } = await running(store, {}, ONE_SLOT)
      const job = await created(store, { uid: first.uid, dueInMs: 0 })
      await store.claim(aRequest(job, ONE_SLOT))
      expect(await dueOf(harness, job)).toEqual([])
      await store.claim(aRequest(job, { ...ONE_SLOT, generation: 1, slotSnoozeMs: 0 }))
      expect(await dueOf(harness, job)).toEqual([job.jobId])
    })

    it('bump the generation once for a delivery whose answer was lost', async () => {
      const { store, lapse } = await make()
      const { job: first } = await running(store, {}, ONE_SLOT)
      const job = await created(store, { uid: first.uid })
      const request = aRequest(job, ONE_SLOT)
      const answer = await store.claim(request)
      const before = await recordOf(store, job)
      await lapse(2)
      expect(await store.claim(request)).toEqual(answer)
      expect(await recordOf(store, job)).toEqual(before)
    })

    it('bump the generation once for two deliveries of it (F23)', async () => {
      const { store } = await make()
      const { job: first } = await running(store, {}, ONE_SLOT)
      const job = await created(store, { uid: first.uid })
      await store.claim(aRequest(job, ONE_SLOT))
      const twin = await store.claim(aRequest(job, ONE_SLOT))
      expect(twin).toEqual({ kind: 'stale_generation', generation: 1 })
      expect(await recordOf(store, job)).toMatchObject({ generation: 1 })
    })

    it('remember since when a job waits when they refuse it again', async () => {
      const { store, lapse } = await make()
      const { job: first } = await running(store, {}, ONE_SLOT)
      const job = await created(store, { uid: first.uid })
      await store.claim(aRequest(job, ONE_SLOT))
      const { waitingSince } = { waitingSince: 0, ...(await recordOf(store, job)) }
      await lapse(2)
      await store.claim(aRequest(job, { ...ONE_SLOT, generation: 1 }))
      expect(await recordOf(store, job)).toMatchObject({ waitingSince, generation: 2 })
    })

    it('hide the reason of an earlier failure while a job waits for one of them', async () => {
      const { store } = await make()
      const uid = aUid()
      const { job, claim } = await running(store, { uid })
      const why = { lastError: 'x', attemptSpent: true, dueInMs: 0 }
      await store.requeue(claim, { ...why, reasonCode: 'stt_timeout' })
      await running(store, { uid }, ONE_SLOT)
      await store.claim(aRequest(job, ONE_SLOT))
      expect(await store.view(job.jobId)).not.toHaveProperty('reasonCode')
    })

    it('do not limit anybody when they are 0', async () => {
      const { store } = await make()
      const uid = aUid()
      for (let jobs = 0; jobs < 3; jobs += 1) await running(store, { uid }, { userSlots: 0 })
    })

    it('count born held jobs, and each user alone', async () => {
      const { store } = await make()
      const uid = aUid()
      await created(store, { uid, claim: { token: 'inline', leaseMs: LONG_MS } })
      const second = await created(store, { uid })
      expect(await store.claim(aRequest(second, ONE_SLOT))).toMatchObject({ kind: 'no_slot' })
      await running(store, {}, ONE_SLOT)
    })

    it('are free again when a lease lapses', async () => {
      const harness = await make()
      const { store } = harness
      const { job: first } = await running(store, {}, { ...ONE_SLOT, leaseMs: SHORT_MS })
      const job = await created(store, { uid: first.uid })
      let generation = 0
      await eventually(harness, async () => {
        const answer = await store.claim(aRequest(job, { ...ONE_SLOT, generation }))
        if (answer.kind === 'no_slot') generation = answer.generation
        return answer.kind === 'claimed'
      })
    })

    it('stay taken while their lease is renewed', async () => {
      const { store, lapse } = await make()
      const { job: first, claim } = await running(store, {}, { ...ONE_SLOT, leaseMs: 0 })
      await store.renew({ ...claim, leaseMs: LONG_MS })
      await lapse(2)
      const job = await created(store, { uid: first.uid })
      expect(await store.claim(aRequest(job, ONE_SLOT))).toMatchObject({ kind: 'no_slot' })
    })

    const why = { lastError: 'x', attemptSpent: true, dueInMs: LONG_MS }
    it.each([
      ['a requeue', (h: JobStoreHarness, { claim }: Held) => h.store.requeue(claim, why)],
      [
        'a snooze',
        (h: JobStoreHarness, { claim }: Held) =>
          h.store.snooze(claim, { waitingFor: 'retry', forMs: LONG_MS }),
      ],
      [
        'a next generation',
        (h: JobStoreHarness, { claim }: Held) => h.store.continueNext(claim, why),
      ],
      ['an end', (h: JobStoreHarness, { job }: Held) => h.store.finalize(job.jobId, anOutcome())],
      [
        'an override to another generation',
        async (h: JobStoreHarness, { job }: Held) =>
          h.store.overrideGeneration(job.jobId, await recordOf(h.store, job), {
            revival: false,
            dueInMs: LONG_MS,
          }),
      ],
    ])('freed by %s make the oldest capture due now and let it in', async (_, free) => {
      const harness = await make()
      const { store, first, older } = await crowded(harness)
      await free(harness, first)
      expect(await dueOf(harness, older)).toEqual([older.jobId])
      await claimed(store, older, { ...ONE_SLOT, generation: 1 })
    })

    it('freed make the next oldest due once the oldest is in', async () => {
      const harness = await make()
      const { store, first, older, younger } = await crowded(harness)
      await store.finalize(first.job.jobId, anOutcome())
      const claim = await claimed(store, older, { ...ONE_SLOT, generation: 1 })
      expect(await dueOf(harness, younger)).toEqual([])
      await store.requeue(claim, why)
      expect(await dueOf(harness, younger)).toEqual([younger.jobId])
    })

    it('freed call the oldest capture that waits, now, under its next generation, at no cost to it', async () => {
      const harness = await make()
      const { store, first, older } = await crowded(harness)
      const before = await recordOf(store, older)
      await store.finalize(first.job.jobId, anOutcome())
      const { lane, uidHash } = older
      const woken = await store.wakeWaiter(first.claim, uidHash, LONG_MS)
      expect(woken).toEqual({ jobId: older.jobId, generation: 2, lane })
      const { attempt, revivals, claimedGeneration, fruitlessAttempts } = before
      expect(await recordOf(store, older)).toMatchObject({
        ...{ status: 'queued', waitingFor: 'capacity', generation: 2 },
        ...{ attempt, revivals, claimedGeneration, fruitlessAttempts },
      })
      expect(await store.claim(aRequest(older, { ...ONE_SLOT, generation: 1 }))).toEqual({
        kind: 'stale_generation',
        generation: 2,
      })
      await claimed(store, older, { ...ONE_SLOT, generation: 2 })
    })

    it('freed call one waiter for one claim, however often it asks, and the next for another', async () => {
      const harness = await make()
      const { store, first, older, younger } = await crowded(harness)
      await store.finalize(first.job.jobId, anOutcome())
      const { uidHash } = older
      const woken = { jobId: older.jobId, generation: 2 }
      for (let asked = 0; asked < 2; asked += 1) {
        expect(await store.wakeWaiter(first.claim, uidHash, LONG_MS)).toMatchObject(woken)
      }
      const other = { ...first.claim, token: 'another' }
      const next = await store.wakeWaiter(other, uidHash, LONG_MS)
      expect(next).toMatchObject({ jobId: younger.jobId, generation: 2 })
      const third = { ...first.claim, token: 'a third' }
      expect(await store.wakeWaiter(third, uidHash, LONG_MS)).toBeUndefined()
    })

    it('freed by an end are told of, while somebody waits; said again, whoever hears it has to look', async () => {
      const harness = await make()
      const { store, first } = await crowded(harness)
      const { job: lonely } = await running(store, {}, ONE_SLOT)
      const free = { kind: 'finalized', isSlotWanted: false }
      expect(await store.finalize(lonely.jobId, anOutcome())).toEqual(free)
      for (const _ of ['first', 'resent']) {
        const answer = await store.finalize(first.job.jobId, anOutcome())
        expect(answer).toEqual({ kind: 'finalized', isSlotWanted: true })
      }
    })

    it('freed pass over a job that ended while it waited', async () => {
      const harness = await make()
      const { store, first, older, younger } = await crowded(harness)
      await store.finalize(older.jobId, aFailure())
      for (const job of [older, younger]) await store.postpone(job.jobId, LONG_MS)
      await store.finalize(first.job.jobId, anOutcome())
      expect(await dueOf(harness, younger)).toEqual([younger.jobId])
    })

    it('freed pass over a job that is being ended', async () => {
      const harness = await make()
      const { store, first, older, younger } = await crowded(harness)
      await store.overrideEnding(older.jobId, await recordOf(store, older), aFailure())
      await store.postpone(older.jobId, LONG_MS)
      await store.finalize(first.job.jobId, anOutcome())
      expect(await dueOf(harness, younger)).toEqual([younger.jobId])
    })
  })
}

type Held = Awaited<ReturnType<typeof running>>
