import { describe, expect, it } from 'vitest'
import { shardOfJob } from '../../../src/kernel/index.ts'
import type { Claim, JobStore } from '../../../src/ports/index.ts'
import {
  anOutcome,
  aRequest,
  claimed,
  failed,
  LONG_MS,
  landed,
  recordOf,
  running,
  silent,
} from './fixtures.ts'
import type { MakeJobStore } from './harness.ts'

const spent = { lastError: 'Error: 503', attemptSpent: true, dueInMs: LONG_MS }
const givenBack = { ...spent, attemptSpent: false }
const wait = { waitingFor: 'capacity', forMs: LONG_MS } as const

interface Release {
  readonly name: string
  readonly write: (store: JobStore, claim: Claim) => Promise<unknown>
  readonly attempt: number
  readonly fruitlessAttempts: number
  readonly generation: number
}
const RELEASES: readonly Release[] = [
  {
    name: 'a requeue after a failed attempt',
    write: (store, claim) => store.requeue(claim, spent),
    ...{ attempt: 1, fruitlessAttempts: 1, generation: 0 },
  },
  {
    name: 'a requeue of an attempt we cut short',
    write: (store, claim) => store.requeue(claim, givenBack),
    ...{ attempt: 0, fruitlessAttempts: 0, generation: 0 },
  },
  {
    name: 'a snooze',
    write: (store, claim) => store.snooze(claim, wait),
    ...{ attempt: 0, fruitlessAttempts: 0, generation: 1 },
  },
  {
    name: 'a next generation',
    write: (store, claim) => store.continueNext(claim, spent),
    ...{ attempt: 1, fruitlessAttempts: 1, generation: 1 },
  },
  {
    name: 'a next generation with the attempt given back',
    write: (store, claim) => store.continueNext(claim, givenBack),
    ...{ attempt: 0, fruitlessAttempts: 0, generation: 1 },
  },
]

export function releasingContract(make: MakeJobStore): void {
  describe.each(RELEASES)('$name', ({ write, attempt, fruitlessAttempts, generation }) => {
    it('queues the job and counts its attempt, its fruit and its generation', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await write(store, claim)
      const expected = { status: 'queued', attempt, fruitlessAttempts, generation, revivals: 0 }
      expect(await recordOf(store, job)).toMatchObject(expected)
      expect((await recordOf(store, job)).epoch).toBeGreaterThan(claim.epoch)
    })

    it('sent again answers the same and changes nothing', async () => {
      const { store, lapse } = await make()
      const { job, claim } = await running(store)
      const answer = await write(store, claim)
      const before = await recordOf(store, job)
      await lapse(2)
      expect(await write(store, claim)).toEqual(answer)
      expect(await recordOf(store, job)).toEqual(before)
      expect(await store.events(job.jobId)).toHaveLength(3)
    })

    it('fences its token', async () => {
      const { store } = await make()
      const { claim } = await running(store)
      await write(store, claim)
      expect(await store.renew(claim)).toBe('lost')
      expect(await store.mark(claim, [landed()])).toBe('lost')
    })

    it('sent again after the next claim is lost (I3)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await write(store, claim)
      await claimed(store, job, { generation })
      const before = await recordOf(store, job)
      expect(['lost', { kind: 'lost' }]).toContainEqual(await write(store, claim))
      expect(await recordOf(store, job)).toEqual(before)
    })

    it('sent again after an override is lost (I3)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await write(store, claim)
      const options = { revival: false, dueInMs: 0 }
      await store.overrideGeneration(job.jobId, await recordOf(store, job), options)
      expect(['lost', { kind: 'lost' }]).toContainEqual(await write(store, claim))
    })

    it('sent again after the end is lost (I2)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await write(store, claim)
      await store.finalize(job.jobId, anOutcome())
      expect(['lost', { kind: 'lost' }]).toContainEqual(await write(store, claim))
    })

    it.each([
      ['landed', landed],
      ['silent', silent],
    ])('forgets fruitless attempts after a %s segment (F68)', async (_, newMark) => {
      const { store } = await make()
      const { job } = await running(store, {}, { leaseMs: 0 })
      const claim = await claimed(store, job)
      await store.mark(claim, [newMark()])
      await write(store, claim)
      expect(await recordOf(store, job)).toMatchObject({ fruitlessAttempts: 0 })
    })

    it('does not forget them after a failed segment, nor one that was marked before', async () => {
      const { store } = await make()
      const { job, claim: first } = await running(store)
      const mark = landed()
      await store.mark(first, [mark])
      await store.requeue(first, spent)
      await claimed(store, job, { leaseMs: 0 })
      const claim = await claimed(store, job)
      await store.mark(claim, [mark, failed()])
      await write(store, claim)
      const fruitless = { fruitlessAttempts: 1 + fruitlessAttempts }
      expect(await recordOf(store, job)).toMatchObject(fruitless)
    })

    it('leaves the job to whoever claims it next', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await write(store, claim)
      const next = await claimed(store, job, { generation })
      expect(next).toMatchObject({ generation, attempt: attempt + 1 })
    })
  })

  describe('a released job', () => {
    it('waits for its retry and says why', async () => {
      const { store, now } = await make()
      const { job, claim } = await running(store)
      const from = await now()
      await store.requeue(claim, { ...spent, reasonCode: 'stt_upstream_error' })
      const record = await recordOf(store, job)
      expect(record).toMatchObject({ waitingFor: 'retry', reasonCode: 'stt_upstream_error' })
      const { updatedAt } = record
      expect(updatedAt).toBeGreaterThanOrEqual(from)
      const times = { waitingSince: updatedAt, retryAt: updatedAt + LONG_MS }
      expect(record).toMatchObject({ lastError: 'Error: 503', ...times })
    })

    it('keeps its last error through a snooze', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.requeue(claim, spent)
      const again = await claimed(store, job)
      await store.snooze(again, { waitingFor: 'budget', forMs: 0 })
      expect(await recordOf(store, job)).toMatchObject({ waitingFor: 'budget' })
      expect(await recordOf(store, job)).toMatchObject({ lastError: 'Error: 503' })
    })

    it('is due when its wait ends, and not before', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const shard = shardOfJob(job.jobId)
      await store.requeue(claim, spent)
      expect(await store.due(shard, 10)).toEqual([])
      const again = await claimed(store, job)
      await store.requeue(again, { ...spent, dueInMs: 0 })
      expect(await store.due(shard, 10)).toEqual([job.jobId])
    })

    it('answers another release of the same token as lost', async () => {
      const { store } = await make()
      const { claim } = await running(store)
      await store.requeue(claim, spent)
      expect(await store.snooze(claim, wait)).toEqual({ kind: 'lost' })
      expect(await store.continueNext(claim, spent)).toEqual({ kind: 'lost' })
    })

    it('answers the generation it is queued under', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { generation: 6 })
      expect(await store.snooze(claim, wait)).toEqual({ kind: 'queued', generation: 7 })
      const again = await claimed(store, job, { generation: 7 })
      expect(await store.continueNext(again, spent)).toEqual({ kind: 'queued', generation: 8 })
      expect(await store.claim(aRequest(job, { generation: 7 }))).toMatchObject({ generation: 8 })
    })
  })
}
