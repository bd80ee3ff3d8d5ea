import { describe, expect, it } from 'vitest'
import { NewerSchemaError } from '../../../src/kernel/index.ts'
import { aRequest, created } from './fixtures.ts'
import type { MakeJobStore } from './harness.ts'

export function newerSchemaContract(make: MakeJobStore): void {
  describe('a job of a newer revision', () => {
    it('is claimed by nobody who does not know its schema, and nothing is changed (F52)', async () => {
      const { store } = await make()
      const job = await created(store, { schemaVersion: 2 })
      const before = [await store.view(job.jobId), await store.events(job.jobId)]
      const answer = { kind: 'newer_schema', version: 2 }
      expect(await store.claim(aRequest(job))).toEqual(answer)
      expect(await store.claim(aRequest(job, { generation: 5 }))).toEqual(answer)
      expect([await store.view(job.jobId), await store.events(job.jobId)]).toEqual(before)
    })

    it('is not read as one of ours; its status still is (F52, F58)', async () => {
      const { store } = await make()
      const { jobId } = await created(store, { schemaVersion: 2 })
      await expect(store.read(jobId)).rejects.toThrow(NewerSchemaError)
      expect(await store.view(jobId)).toMatchObject({ status: 'queued' })
    })
  })
}
