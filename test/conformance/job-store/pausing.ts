import { describe, expect, it } from 'vitest'
import type { JobStore, NewJob } from '../../../src/ports/index.ts'
import { aFailure, aJob, anOutcome, created } from './fixtures.ts'
import { eventually, type MakeJobStore } from './harness.ts'

const LIMITS = { limit: 3, windowMs: 3_600_000, pauseMs: 3_600_000 }

/** A content that keeps failing alike is paused. */
export function pausingContract(make: MakeJobStore): void {
  const start = async (limits = LIMITS) => {
    const harness = await make({ repeatFailures: limits })
    const content = aJob()
    const fail = async (outcome = aFailure()) => {
      const job = await created(harness.store, { uid: content.uid, contentId: content.contentId })
      await harness.store.finalize(job.jobId, outcome)
      return job
    }
    return { ...harness, content, fail, until: () => pausedUntil(harness.store, content) }
  }

  describe('a content that fails', () => {
    it('alike often enough is paused, and its neighbour is not', async () => {
      const { store, content, fail, until, now } = await start()
      await fail()
      await fail()
      expect(await until()).toBeUndefined()
      const before = await now()
      await fail()
      const paused = (await until()) ?? 0
      expect(paused - LIMITS.pauseMs).toBeGreaterThanOrEqual(before)
      expect(paused - LIMITS.pauseMs).toBeLessThanOrEqual(await now())
      expect(await pausedUntil(store, aJob({ uid: content.uid }))).toBeUndefined()
    })

    it('is counted once a job, however often its end is written', async () => {
      const { store, fail, until } = await start()
      const { jobId } = await fail()
      for (let i = 0; i < 4; i += 1) await store.finalize(jobId, aFailure())
      expect(await until()).toBeUndefined()
    })

    it('in other ways, or by what says nothing about it, is not paused', async () => {
      const { fail, until } = await start()
      await fail()
      await fail()
      await fail({ ...aFailure(), reasonCode: 'stt_timeout' })
      await fail({ ...aFailure(), segments: { total: 2, successful: 1, silent: 0, failed: 1 } })
      for (let i = 0; i < 4; i += 1) {
        await fail({ ...aFailure(), reasonCode: 'sync_operator_failed' })
      }
      expect(await until()).toBeUndefined()
    })

    it('starts anew once it succeeded', async () => {
      const { fail, until, store, content } = await start()
      await fail()
      const { jobId } = await fail()
      const done = await created(store, {
        ...aJob(),
        uid: content.uid,
        contentId: content.contentId,
        jobId: aJob({ uid: content.uid }).jobId,
        voidHolder: jobId,
      })
      await store.finalize(done.jobId, anOutcome())
      const again = aJob({ uid: content.uid, contentId: content.contentId, voidHolder: done.jobId })
      await created(store, again)
      await store.finalize(again.jobId, aFailure())
      expect(await until()).toBeUndefined()
    })

    it('is free again after the pause, with all its chances', async () => {
      const harness = await start({ limit: 2, windowMs: 3_600_000, pauseMs: 60 })
      await harness.fail()
      await harness.fail()
      await eventually(harness, async () => (await harness.until()) === undefined)
      await harness.fail()
      expect(await harness.until()).toBeUndefined()
      await harness.fail()
      expect(await harness.until()).toBeDefined()
    })

    it('only within the window counts', async () => {
      const { fail, until, lapse } = await start({ limit: 2, windowMs: 40, pauseMs: 3_600_000 })
      await fail()
      await lapse(60)
      await fail()
      expect(await until()).toBeUndefined()
    })

    it('for ever is never paused when the limit is 0', async () => {
      const { fail, until } = await start({ ...LIMITS, limit: 0 })
      for (let i = 0; i < 5; i += 1) await fail()
      expect(await until()).toBeUndefined()
    })
  })
}

const pausedUntil = async (
  store: JobStore,
  { uid, contentId }: Pick<NewJob, 'uid' | 'contentId'>,
) => (await store.contentStanding(uid, contentId)).pausedUntil
