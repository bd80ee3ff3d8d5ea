import { describe, expect, it } from 'vitest'
import { conversationIdSchema } from '../../../src/kernel/index.ts'
import { aFailure, aJobId, anOutcome, aUid, created, recordOf } from './fixtures.ts'
import type { MakeJobStore } from './harness.ts'

const conversation = (digit: string) => conversationIdSchema.parse(`20260131-${digit.repeat(40)}`)
const [A, B] = [conversation('a'), conversation('b')]

export function enrichingContract(make: MakeJobStore): void {
  describe('enrichment', () => {
    const ended = async (outcome = anOutcome()) => {
      const { store } = await make({ enriches: true })
      const job = await created(store)
      await store.finalize(job.jobId, outcome)
      return { store, ...job, of: async () => (await recordOf(store, job)).enrichment }
    }

    it('is owed by a job that ends with conversations, and by no other', async () => {
      expect(await (await ended()).of()).toBe('pending')
      expect(await (await ended(aFailure())).of()).toBe('pending')
      expect(await (await ended(anOutcome({ newMemories: [] }))).of()).toBe('none')
      const { store } = await make()
      const job = await created(store)
      await store.finalize(job.jobId, anOutcome())
      expect((await recordOf(store, job)).enrichment).toBe('none')
    })

    it('says what its conversations say together, and why one failed', async () => {
      const { store, jobId, of } = await ended()
      await store.noteEnrichment(
        jobId,
        new Map([
          [A, { state: 'pending' }],
          [B, { state: 'pending' }],
        ]),
      )
      expect(await of()).toBe('pending')
      await store.noteEnrichment(jobId, new Map([[A, { state: 'running' }]]))
      expect(await of()).toBe('running')
      await store.noteEnrichment(jobId, new Map([[A, { state: 'done' }]]))
      expect(await of()).toBe('pending')
      const failed = { state: 'failed', reasonCode: 'enrichment_timeout' } as const
      await store.noteEnrichment(jobId, new Map([[B, failed]]))
      expect(await store.view(jobId)).toMatchObject({
        status: 'completed',
        enrichment: 'failed',
        enrichmentReasonCode: 'enrichment_timeout',
        outcome: anOutcome(),
      })
    })

    it('is owed for every conversation from the end on: one that is done is not all', async () => {
      const both = anOutcome({ newMemories: [A], updatedMemories: [B] })
      const { store, jobId, of } = await ended(both)
      await store.noteEnrichment(jobId, new Map([[A, { state: 'done' }]]))
      expect(await of()).toBe('pending')
      await store.noteEnrichment(jobId, new Map([[B, { state: 'done' }]]))
      expect(await of()).toBe('done')
    })

    it('of a conversation that has ended never changes', async () => {
      const { store, jobId, of } = await ended()
      await store.noteEnrichment(jobId, new Map([[A, { state: 'done' }]]))
      for (const state of ['pending', 'running', 'failed', 'skipped'] as const) {
        await store.noteEnrichment(jobId, new Map([[A, { state }]]))
        expect(await of()).toBe('done')
      }
    })

    it('is none where nothing was worth a summary', async () => {
      const { store, jobId, of } = await ended()
      await store.noteEnrichment(jobId, new Map([[A, { state: 'skipped' }]]))
      expect(await of()).toBe('none')
    })

    it('leaves the rest of the record alone, its retention too (I2)', async () => {
      const { store, jobId } = await ended()
      const before = await store.read(jobId)
      await store.settle(jobId)
      await store.noteEnrichment(jobId, new Map([[A, { state: 'done' }]]))
      expect(await store.read(jobId)).toEqual({ ...before, enrichment: 'done', settled: true })
    })

    it('of a live or unknown job is not noted', async () => {
      const { store } = await make({ enriches: true })
      const job = await created(store)
      const before = await store.read(job.jobId)
      const unknown = aJobId(aUid())
      for (const jobId of [job.jobId, unknown]) {
        await store.noteEnrichment(jobId, new Map([[A, { state: 'done' }]]))
      }
      expect(await store.read(job.jobId)).toEqual(before)
      expect(await store.read(unknown)).toBeUndefined()
    })
  })
}
