import { describe, expect, test } from 'vitest'
import { type Outcome, objectNames, SCHEMA_VERSION } from '../../../src/kernel/index.ts'
import { rewritesOf } from '../../support/rewrites.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'

const MINUTE_MS = 60_000
const partial: Outcome = {
  status: 'partial_failure',
  reasonCode: 'stt_upstream_error',
  ...{ newMemories: [], updatedMemories: [], errors: [], endedAt: 1 },
  segments: { total: 2, successful: 1, silent: 0, failed: 1 },
}

async function aJob(world: World) {
  const { jobId } = await world.upload({
    [toneName(world.clock.now() - 60 * MINUTE_MS)]: tones([7, 3]),
  })
  const record = await world.records.read(jobId)
  if (record?.status !== 'queued') throw new Error('not queued')
  return record
}

describe('a status that recovery rewrites is logged, and an event of the job', () => {
  test('when its end was durable and its audio is gone', async () => {
    const world = createWorld()
    const { jobId, uidHash, contentId, lane } = await aJob(world)
    await world.archive.createOutcome({
      ...{ schemaVersion: SCHEMA_VERSION, jobId, uidHash, contentId, lane, totalFiles: 1 },
      outcome: partial,
    })
    await world.memory.delete(objectNames.manifest(uidHash, jobId))
    world.tasks.answered('fresh', jobId, 200)
    await world.clock.advance(MINUTE_MS + 1)
    expect(await world.recover()).toMatchObject({ landed: 1 })
    expect(rewritesOf(world.lines, jobId)).toEqual([
      { from: 'queued', to: 'partial_failure', reason: 'its outcome was durable', by: 'reaper' },
    ])
    expect((await world.records.events(jobId)).map(({ name }) => name)).toContain('finalized')
  })

  test('when its end was frozen by a worker that died', async () => {
    const world = createWorld()
    const record = await aJob(world)
    const { jobId } = record
    await world.records.overrideEnding(jobId, record, partial)
    await world.clock.advance(MINUTE_MS + 1)
    expect(await world.recover()).toMatchObject({ landed: 1 })
    expect(rewritesOf(world.lines, jobId)).toEqual([
      { from: 'processing', to: 'partial_failure', reason: 'its end was frozen', by: 'reaper' },
    ])
    expect(await world.records.read(jobId)).toMatchObject({ status: 'partial_failure' })
  })
})
