import { describe, expect, it } from 'vitest'
import { aJob, claimed, created, landed, running, silent } from './fixtures.ts'
import type { MakeJobStore } from './harness.ts'

export function streamingContract(make: MakeJobStore): void {
  describe('eventsSince', () => {
    it('tells every line with an id, and after an id only what came later', async () => {
      const { store } = await make()
      const { job, claim } = await running(store)
      const all = await store.eventsSince(job.jobId, undefined)
      expect(all.map(({ id: _, ...event }) => event)).toEqual(await store.events(job.jobId))
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
      const last = all.at(-1)?.id
      expect(await store.eventsSince(job.jobId, last)).toEqual([])
      const marks = [landed(), silent()]
      await store.mark(claim, marks)
      await store.mark(claim, [], { progress: { stage: 'finalizing' } })
      const later = await store.eventsSince(job.jobId, last)
      expect(later.map(({ name }) => name)).toEqual(['segments', 'stage'])
      expect(later[0]?.facts['marks']).toContain(`${marks[0]?.segmentId}=l`)
      expect(await store.eventsSince(job.jobId, later[0]?.id)).toEqual(later.slice(1))
      expect(await store.eventsSince(job.jobId, all[0]?.id)).toEqual([...all.slice(1), ...later])
    })

    it('has ids of two numbers, as the wire takes them back', async () => {
      const { store } = await make()
      const job = await created(store)
      await claimed(store, job)
      for (const { id } of await store.eventsSince(job.jobId, undefined)) {
        expect(id).toMatch(/^\d{1,16}-\d{1,16}$/)
      }
    })

    it('of a job that is not there tells nothing', async () => {
      const { store } = await make()
      expect(await store.eventsSince(aJob().jobId, '1-0')).toEqual([])
    })
  })
}
