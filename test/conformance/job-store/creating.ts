import { describe, expect, it } from 'vitest'
import {
  aContent,
  aFailure,
  aJob,
  aJobId,
  aRequest,
  aToken,
  aUid,
  claimed,
  created,
  LONG_MS,
  recordOf,
} from './fixtures.ts'
import type { MakeJobStore } from './harness.ts'

export function creatingContract(make: MakeJobStore): void {
  describe('create', () => {
    it('makes a queued record of what was given', async () => {
      const { store } = await make()
      const {
        dueInMs: _,
        schemaVersion: __,
        ...given
      } = await created(store, {
        byok: true,
        lane: 'backfill',
      })
      const record = await recordOf(store, given)
      const none = { total: 0, successful: 0, silent: 0, failed: 0 }
      expect(record).toMatchObject({ ...given, status: 'queued', stage: 'staged', segments: none })
      expect(record).toMatchObject({ attempt: 0, fruitlessAttempts: 0, generation: 0, revivals: 0 })
      expect(record).toMatchObject({ claimedGeneration: -1, enrichment: 'none' })
      expect(record).not.toHaveProperty('startedAt')
    })

    it('says in the timeline whether the job is new or was rebuilt', async () => {
      const { store } = await make()
      const made = await created(store)
      const rebuilt = await created(store, { rebuiltFrom: 'manifest' })
      const facts = { lane: made.lane, mode: made.dispatchMode }
      expect(await store.events(made.jobId)).toMatchObject([{ name: 'created', facts }])
      expect(await store.events(rebuilt.jobId)).toMatchObject([
        { name: 'rebuilt', facts: { from: 'manifest', ...facts } },
      ])
    })

    it("starts the epoch at the store's time, so that it rises across a flush (F30)", async () => {
      const { store, now } = await make()
      const before = await now()
      const { epoch, updatedAt, progressAt } = await recordOf(store, await created(store))
      expect(epoch).toBeGreaterThanOrEqual(before)
      expect(epoch).toBeLessThanOrEqual(await now())
      expect({ updatedAt, progressAt }).toEqual({ updatedAt: epoch, progressAt: epoch })
    })

    it('sent again answers the same and changes nothing (F10)', async () => {
      const { store } = await make()
      const job = await created(store)
      const before = await recordOf(store, job)
      expect(await store.create(job)).toEqual({ kind: 'created' })
      expect(await recordOf(store, job)).toEqual(before)
      expect(await store.events(job.jobId)).toHaveLength(1)
    })

    it('sent again leaves a job alone that went on meanwhile (F10)', async () => {
      const { store } = await make()
      const job = await created(store)
      await claimed(store, job)
      const before = await recordOf(store, job)
      expect(await store.create(job)).toEqual({ kind: 'created' })
      expect(await recordOf(store, job)).toEqual(before)
    })

    it('with a claim makes a job that is held from birth', async () => {
      const { store, now } = await make()
      const job = aJob({ dispatchMode: 'inline', claim: { token: aToken(), leaseMs: LONG_MS } })
      const before = await now()
      const answer = await store.create(job)
      const { epoch } = await recordOf(store, job)
      const claim = { ...job.claim, jobId: job.jobId, epoch, generation: 0, attempt: 1 }
      expect(answer).toEqual({ kind: 'created', claim })
      expect(await recordOf(store, job)).toMatchObject({ status: 'processing', attempt: 1 })
      expect(await recordOf(store, job)).toMatchObject({ claimedGeneration: 0 })
      const { kind, leaseUntil } = { leaseUntil: 0, ...(await store.claim(aRequest(job))) }
      expect(kind).toBe('locked')
      expect(leaseUntil).toBeGreaterThanOrEqual(before + LONG_MS)
    })

    it('with a claim, sent again, answers the same claim (F10)', async () => {
      const { store } = await make()
      const job = aJob({ claim: { token: aToken(), leaseMs: LONG_MS } })
      const first = await store.create(job)
      expect(await store.create(job)).toEqual(first)
    })

    it('with a claim, sent again after another took the job over, hands out no claim (I3)', async () => {
      const { store } = await make()
      const job = await created(store, { claim: { token: aToken(), leaseMs: 0 } })
      await claimed(store, job)
      expect(await store.create(job)).toEqual({ kind: 'created' })
    })

    it('answers the holder of the same content and makes no second job (F5)', async () => {
      const { store } = await make()
      const first = await created(store)
      const second = aJob({ uid: first.uid, contentId: first.contentId })
      expect(await store.create(second)).toEqual({ kind: 'held', jobId: first.jobId })
      expect(await store.read(second.jobId)).toBeUndefined()
      expect(await store.view(second.jobId)).toBeUndefined()
      expect(await store.events(second.jobId)).toEqual([])
      expect((await store.contentStanding(first.uid, first.contentId)).holder).toBe(first.jobId)
    })

    it('takes the content of a holder that was proven void', async () => {
      const { store } = await make()
      const first = await created(store)
      const { uid, contentId } = first
      const second = await created(store, { uid, contentId, voidHolder: first.jobId })
      expect((await store.contentStanding(uid, contentId)).holder).toBe(second.jobId)
    })

    it('respects a holder other than the one proven void', async () => {
      const { store } = await make()
      const { uid, contentId, jobId } = await created(store)
      const second = aJob({ uid, contentId, voidHolder: aJobId(uid) })
      expect(await store.create(second)).toEqual({ kind: 'held', jobId })
    })

    it('takes the content of a failed job at once (I7)', async () => {
      const { store } = await make()
      const first = await created(store)
      await store.finalize(first.jobId, aFailure())
      const { uid, contentId } = first
      const second = await created(store, { uid, contentId })
      expect((await store.contentStanding(uid, contentId)).holder).toBe(second.jobId)
    })
  })

  describe('what does not exist', () => {
    it('reads as nothing', async () => {
      const { store } = await make()
      const uid = aUid()
      const jobId = aJobId(uid)
      expect(await store.read(jobId)).toBeUndefined()
      expect(await store.view(jobId)).toBeUndefined()
      expect(await store.marks(jobId)).toEqual(new Map())
      expect(await store.events(jobId)).toEqual([])
      expect(await store.contentStanding(uid, aContent())).toEqual({})
    })
  })
}
