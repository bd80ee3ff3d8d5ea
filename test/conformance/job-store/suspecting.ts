import { describe, expect, it } from 'vitest'
import type { Claim, FlightNote, JobStore } from '../../../src/ports/index.ts'
import { aSegment, claimed, landed, recordOf, running } from './fixtures.ts'
import type { MakeJobStore } from './harness.ts'

const [first, second] = [aSegment(), aSegment()]
const note = (given: Partial<FlightNote> = {}): FlightNote => ({
  units: [first, second],
  alone: false,
  acquitted: [],
  ...given,
})
const alone = note({ units: [first], alone: true })
const suspectsOf = async (store: JobStore, { jobId }: Pick<Claim, 'jobId'>) =>
  Object.fromEntries((await store.ledger(jobId)).suspects)
const why = { lastError: 'x', attemptSpent: true, dueInMs: 0 }

export function suspectingContract(make: MakeJobStore): void {
  describe('what a holder has in flight', () => {
    it.each([
      ['a mark', (s: JobStore, c: Claim) => s.mark(c, [landed()], { flight: note() })],
      ['a note alone', (s: JobStore, c: Claim) => s.mark(c, [], { flight: note() })],
      [
        'a stage',
        (s: JobStore, c: Claim) =>
          s.mark(c, [], { progress: { stage: 'decoding' }, flight: note() }),
      ],
    ])('told with %s is suspect once it died (F33)', async (_, tell) => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await tell(store, claim)
      expect(await suspectsOf(store, job)).toEqual({})
      await claimed(store, job)
      expect(await suspectsOf(store, job)).toEqual({ [first]: 0, [second]: 0 })
    })

    it('is what it told last, and nothing once that is nothing', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await store.mark(claim, [], { flight: note() })
      await store.mark(claim, [], { flight: note({ units: [second] }) })
      const next = await claimed(store, job, { leaseMs: 0 })
      expect(await suspectsOf(store, job)).toEqual({ [second]: 0 })
      await store.mark(next, [], { flight: note({ units: [first] }) })
      await store.mark(next, [], { flight: note({ units: [] }) })
      await claimed(store, job)
      expect(await suspectsOf(store, job)).toEqual({ [second]: 0 })
    })

    it('alone counts as its own death each time, and each death once (F34)', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await store.mark(claim, [], { flight: note() })
      for (const deaths of [0, 1, 2, 3]) {
        const next = await claimed(store, job, { leaseMs: 0 })
        expect(await suspectsOf(store, job)).toEqual({ [first]: deaths, [second]: 0 })
        await store.mark(next, [], { flight: alone })
        await store.mark(next, [], { flight: alone })
      }
    })

    it('is acquitted with the step that says so, and stays suspect otherwise', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await store.mark(claim, [], { flight: note() })
      const next = await claimed(store, job)
      await store.mark(next, [landed(first)], { flight: note({ units: [], acquitted: [first] }) })
      expect(await suspectsOf(store, job)).toEqual({ [second]: 0 })
      await store.requeue(next, why)
      await claimed(store, job)
      expect(await suspectsOf(store, job)).toEqual({ [second]: 0 })
    })

    it.each([
      ['requeued', (s: JobStore, c: Claim) => s.requeue(c, { ...why, attemptSpent: false })],
      ['snoozed', (s: JobStore, c: Claim) => s.snooze(c, { waitingFor: 'retry', forMs: 0 })],
      ['continued', (s: JobStore, c: Claim) => s.continueNext(c, why)],
    ])('is no suspect when the job was %s: that is no death (F32)', async (_, release) => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await store.mark(claim, [], { flight: alone })
      await release(store, claim)
      const { generation } = await recordOf(store, job)
      await claimed(store, job, { generation, leaseMs: 0 })
      await claimed(store, job, { generation })
      expect(await suspectsOf(store, job)).toEqual({})
    })

    it('is suspect too when recovery is the first to meet the death', async () => {
      const { store } = await make()
      const { job, claim } = await running(store, {}, { leaseMs: 0 })
      await store.mark(claim, [], { flight: alone })
      const seen = await recordOf(store, job)
      await store.overrideGeneration(job.jobId, seen, { revival: true, dueInMs: 0 })
      expect(await suspectsOf(store, job)).toEqual({ [first]: 1 })
    })

    it('is no suspect when its live holder is moved off the job', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      await store.mark(claim, [], { flight: alone })
      const seen = await recordOf(store, job)
      await store.overrideGeneration(job.jobId, seen, { revival: false, dueInMs: 0 })
      expect(await suspectsOf(store, job)).toEqual({})
    })
  })
}
