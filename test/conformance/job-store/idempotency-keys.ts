import { describe, expect, it } from 'vitest'
import { aContent, aFailure, aJob, aKey, aUid, created, LONG_MS, SHORT_MS } from './fixtures.ts'
import { eventually, type MakeJobStore } from './harness.ts'

export function idempotencyKeysContract(make: MakeJobStore): void {
  describe('an idempotency key', () => {
    it('stands for the job that was created with it, and for its content', async () => {
      const { store } = await make()
      const key = aKey()
      expect(await store.keyHolder(aUid(), key.keyId)).toBeUndefined()
      const { uid, jobId, contentId } = await created(store, { key })
      expect(await store.keyHolder(uid, key.keyId)).toEqual({ jobId, contentId })
    })

    it('with other content is reused: no record, no content claim, and the key stays', async () => {
      const { store } = await make()
      const key = aKey()
      const { uid, jobId, contentId } = await created(store, { key })
      const other = aJob({ uid, key })
      expect(await store.create(other)).toEqual({ kind: 'reused' })
      expect(await store.read(other.jobId)).toBeUndefined()
      expect((await store.contentStanding(uid, other.contentId)).holder).toBeUndefined()
      expect(await store.keyHolder(uid, key.keyId)).toEqual({ jobId, contentId })
    })

    it('of a create sent again answers the same (F10)', async () => {
      const { store } = await make()
      const job = await created(store, { key: aKey() })
      expect(await store.create(job)).toEqual({ kind: 'created' })
    })

    it('with the same content is held by the job that runs, and stands for the next one after a failure (I7)', async () => {
      const { store } = await make()
      const key = aKey()
      const first = await created(store, { key })
      const { uid, contentId } = first
      const again = aJob({ uid, contentId, key })
      expect(await store.create(again)).toEqual({ kind: 'held', jobId: first.jobId })
      expect(await store.keyHolder(uid, key.keyId)).toEqual({ jobId: first.jobId, contentId })
      await store.finalize(first.jobId, aFailure())
      expect(await store.create(again)).toEqual({ kind: 'created' })
      expect(await store.keyHolder(uid, key.keyId)).toEqual({ jobId: again.jobId, contentId })
    })

    it('is bound to a job that has the content already, unless it stands for other content', async () => {
      const { store } = await make()
      const key = aKey()
      const { uid, jobId, contentId } = await created(store)
      expect(await store.bindKey(key, { jobId, contentId })).toBe('bound')
      expect(await store.bindKey(key, { jobId, contentId })).toBe('bound')
      expect(await store.bindKey(key, { jobId, contentId: aContent() })).toBe('reused')
      expect(await store.keyHolder(uid, key.keyId)).toEqual({ jobId, contentId })
    })

    it('is free again after its time, counted from its last use', async () => {
      const harness = await make()
      const { store } = harness
      const key = { ...aKey(), keptMs: SHORT_MS }
      const { uid, jobId, contentId } = await created(store, { key })
      await store.bindKey({ ...key, keptMs: LONG_MS }, { jobId, contentId })
      await harness.lapse(SHORT_MS + 1)
      expect(await store.keyHolder(uid, key.keyId)).toEqual({ jobId, contentId })
      await store.bindKey(key, { jobId, contentId })
      await eventually(harness, async () => !(await store.keyHolder(uid, key.keyId)))
      expect(await store.create(aJob({ uid, key }))).toEqual({ kind: 'created' })
    })
  })
}
