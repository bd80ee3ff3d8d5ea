import { expect, test } from 'vitest'
import { objectNames } from '../../../src/kernel/index.ts'
import { acceptedJob, worldAfterFlush } from '../../support/accepted-job.ts'

test('F52: a job whose manifest is newer than this revision is not rebuilt from it, and nothing is touched', async () => {
  const { world, jobId } = await acceptedJob()
  const name = objectNames.manifest(world.uidHash, jobId)
  const old = JSON.parse(Buffer.from((await world.memory.read(name))?.bytes ?? []).toString())
  await world.memory.delete(name)
  const newer = Buffer.from(JSON.stringify({ ...old, schemaVersion: 2, novelty: true }))
  await world.memory.create(name, newer, { contentType: 'application/json' })
  const fresh = worldAfterFlush(world)
  const names = await world.names('')
  expect(await fresh.deliver(jobId)).toEqual({
    status: 500,
    body: { result: 'retry', reason: 'newer_schema', version: 2 },
  })
  expect(await fresh.records.view(jobId)).toBeUndefined()
  expect(await world.names('')).toEqual(names)
})
