import { describe, expect, it } from 'vitest'
import { shardOfUid } from '../../src/kernel/index.ts'
import type { JobStore } from '../../src/ports/index.ts'
import {
  aFailure,
  aJob,
  anOutcome,
  aRequest,
  aUid,
  claimed,
  created,
  LONG_MS,
  landed,
  recordOf,
  running,
} from '../conformance/job-store/fixtures.ts'
import { makeMemoryJobStore, redisJobStores } from '../conformance/job-store/stores.ts'

const ROUNDS = 5
const ACTORS = 20
const redis = redisJobStores(4)
const inMemory = async () => [(await makeMemoryJobStore()).store]
const onRedis = async () => redis.each()

/** Everybody at once, spread over the connections. */
async function race<Answer>(
  stores: readonly JobStore[],
  act: (store: JobStore, actor: number) => Promise<Answer>,
): Promise<Answer[]> {
  const [first] = stores
  if (!first) throw new Error('nobody to race on')
  const actors = Array.from({ length: ACTORS }, (_, actor) => actor)
  return Promise.all(actors.map((actor) => act(stores[actor % stores.length] ?? first, actor)))
}

function tally(answers: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of answers) {
    const isPlain = typeof answer !== 'object' || answer === null || !('kind' in answer)
    const name = isPlain ? String(answer) : String(answer.kind)
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe.each([
  ['in memory', inMemory],
  ['on Redis over four connections', onRedis],
])('the job store %s', (_, connect) => {
  const rounds = async (round: (store: JobStore, stores: readonly JobStore[]) => Promise<void>) => {
    const stores = await connect()
    const [store] = stores
    if (!store) throw new Error('no store')
    for (let i = 0; i < ROUNDS; i += 1) await round(store, stores)
  }

  it('grants one of 20 simultaneous deliveries the claim and locks the rest (I3, F23)', () =>
    rounds(async (store, stores) => {
      const job = await created(store)
      const { epoch } = await recordOf(store, job)
      const answers = await race(stores, (s) => s.claim(aRequest(job)))
      expect(tally(answers)).toEqual({ claimed: 1, locked: 19 })
      expect(await recordOf(store, job)).toMatchObject({ attempt: 1, epoch: epoch + 1 })
    }))

  it('hands a lapsed lease to its renewing holder or to one taker, never to both (I3, F29)', () =>
    rounds(async (store, stores) => {
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      const answers = await race<unknown>(stores, (s, actor) =>
        actor === 7 ? s.renew({ ...claim, leaseMs: LONG_MS }) : s.claim(aRequest(job)),
      )
      const { claimed: takers = 0, ok = 0 } = tally(answers)
      expect(takers + ok).toBe(1)
    }))

  it('makes one job of 20 simultaneous uploads of the same content (F5)', () =>
    rounds(async (store, stores) => {
      const { uid, contentId } = aJob()
      const answers = await race(stores, (s) => s.create(aJob({ uid, contentId })))
      expect(tally(answers)).toEqual({ created: 1, held: 19 })
      const { holder: jobId } = await store.contentStanding(uid, contentId)
      const held = answers.filter((answer) => answer.kind === 'held')
      expect(new Set(held.map((answer) => answer.jobId))).toEqual(new Set([jobId]))
    }))

  it('makes one job of 20 creates of it (F10)', () =>
    rounds(async (store, stores) => {
      const job = aJob()
      await race(stores, (s) => s.create(job))
      expect(await store.events(job.jobId)).toHaveLength(1)
    }))

  it('never lets more jobs of a user run than slots, and each user has all of them', () =>
    rounds(async (store, stores) => {
      const uids = [aUid(), aUid()] as const
      const jobs = await race(stores, (s, actor) => created(s, { uid: uids[actor % 2 ? 1 : 0] }))
      const answers = await race(stores, async (s, actor) => {
        const job = jobs[actor] ?? aJob()
        return { uid: job.uid, ...(await s.claim(aRequest(job, { userSlots: 2 }))) }
      })
      for (const uid of uids) {
        const own = answers.filter((answer) => answer.uid === uid)
        expect(tally(own)).toEqual({ claimed: 2, no_slot: 8 })
      }
      const due = await Promise.all(uids.map((uid) => store.due(shardOfUid(uid), 100)))
      expect(due.flat().filter((id) => jobs.some((job) => job.jobId === id))).toEqual([])
    }))

  it('bumps the generation once for 20 deliveries that find no slot', () =>
    rounds(async (store, stores) => {
      const { job: first } = await running(store, {}, { userSlots: 1 })
      const job = await created(store, { uid: first.uid })
      const answers = await race(stores, (s) => s.claim(aRequest(job, { userSlots: 1 })))
      expect(tally(answers)).toEqual({ no_slot: 1, stale_generation: 19 })
      expect(await recordOf(store, job)).toMatchObject({ generation: 1, status: 'queued' })
    }))

  it('counts a segment once for 20 simultaneous marks of it (I4)', () =>
    rounds(async (store, stores) => {
      const { job, claim } = await running(store)
      const mark = landed()
      expect(tally(await race(stores, (s) => s.mark(claim, [mark])))).toEqual({ ok: 20 })
      expect((await recordOf(store, job)).segments).toMatchObject({ successful: 1 })
    }))

  it('loses no count of 20 simultaneous marks of as many segments', () =>
    rounds(async (store, stores) => {
      const { job, claim } = await running(store)
      await race(stores, (s) => s.mark(claim, [landed()]))
      expect((await recordOf(store, job)).segments).toMatchObject({ successful: 20 })
      expect((await store.view(job.jobId))?.segments).toMatchObject({ successful: 20 })
    }))

  it('moves a job to the next generation once for 20 reapers that saw the same (F45)', () =>
    rounds(async (store, stores) => {
      const job = await created(store)
      const seen = await recordOf(store, job)
      const options = { revival: true, dueInMs: 0 }
      const answers = await race(stores, (s) => s.overrideGeneration(job.jobId, seen, options))
      expect(tally(answers)).toEqual({ done: 1, raced: 19 })
      expect(await recordOf(store, job)).toMatchObject({ generation: 1, revivals: 1 })
    }))

  it('lets either the holder or an override freeze the result (I2)', () =>
    rounds(async (store, stores) => {
      const { job, claim } = await running(store)
      const seen = await recordOf(store, job)
      const answers = await race<unknown>(stores, (s, actor) =>
        actor % 2
          ? s.overrideEnding(job.jobId, seen, aFailure())
          : s.beginEnding(claim, anOutcome()),
      )
      const { done = 0, ok = 0 } = tally(answers)
      expect([done, ok]).toSatisfy(([d, o]) => (d === 1 && o === 0) || (d === 0 && o === 10))
      const ending = done === 1 ? aFailure() : anOutcome()
      expect(await recordOf(store, job)).toMatchObject({ ending })
    }))

  it('keeps the end that came first (I2)', () =>
    rounds(async (store, stores) => {
      const { job } = await running(store)
      const ends = [anOutcome(), aFailure()] as const
      await race(stores, (s, actor) => s.finalize(job.jobId, ends[actor % 2 ? 1 : 0]))
      const record = await recordOf(store, job)
      const { outcome } = { outcome: undefined, ...record }
      expect(ends).toContainEqual(outcome)
      expect(await store.view(job.jobId)).toMatchObject({ status: record.status, outcome })
      const finals = (await store.events(job.jobId)).filter(({ name }) => name === 'finalized')
      expect(finals).toHaveLength(1)
    }))

  it('lets one of a release and a take-over of the same lapsed lease win (I3)', () =>
    rounds(async (store, stores) => {
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      const why = { lastError: 'x', attemptSpent: true, dueInMs: 0 }
      const answers = await race<unknown>(stores, (s, actor) =>
        actor === 3 ? s.continueNext(claim, why) : s.claim(aRequest(job)),
      )
      const { claimed: takers = 0, queued = 0 } = tally(answers)
      expect(takers + queued).toBe(1)
      const generation = queued
      if (queued) await claimed(store, job, { generation })
      expect(await recordOf(store, job)).toMatchObject({ status: 'processing', generation })
    }))
})
