import { describe, expect, test } from 'vitest'
import { rebuildJob } from '../../../src/jobs/index.ts'
import { type JobId, type Outcome, objectNames, SCHEMA_VERSION } from '../../../src/kernel/index.ts'
import { rewritesOf } from '../../support/rewrites.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const completed: Outcome = {
  status: 'completed',
  ...{ newMemories: [], updatedMemories: [], errors: [], endedAt: 1 },
  segments: { total: 1, successful: 1, silent: 0, failed: 0 },
}

const sameBytes = (world: World, name: string) => world.upload({ [name]: tones([77, 3]) })
const manifestOf = async (world: World, jobId: JobId) => {
  const manifest = await world.archive.readManifest(world.uidHash, jobId)
  if (!manifest) throw new Error('no manifest')
  return manifest
}
const timeline = async (world: World, jobId: JobId) =>
  (await world.records.events(jobId)).map(({ name, facts }) => ({ name, ...facts }))

/** One job that the store forgot, and another one that got its content meanwhile. */
async function overtaken(world: World) {
  const name = toneName(world.clock.now() - 60 * MINUTE_MS)
  const first = await sameBytes(world, name)
  const manifest = await manifestOf(world, first.jobId)
  await world.memory.delete(objectNames.manifest(world.uidHash, first.jobId))
  world.flush()
  const second = await sameBytes(world, name)
  await world.archive.createManifest(manifest)
  return { manifest, loser: first.jobId, holder: second.jobId }
}

describe('a job that is brought back', () => {
  test('says so in its timeline, and from what', async () => {
    const world = createWorld()
    const { jobId } = await sameBytes(world, toneName(world.clock.now() - 60 * MINUTE_MS))
    world.flush()
    await world.deliver(jobId)
    expect(await timeline(world, jobId)).toContainEqual({
      ...{ name: 'rebuilt', from: 'manifest', lane: 'fresh', mode: 'cloud_tasks' },
    })
    expect((await timeline(world, jobId)).map(({ name }) => name)).not.toContain('created')
  })

  test('I1: points to no holder that is void: it takes the content over', async () => {
    const world = createWorld()
    const { loser, holder } = await overtaken(world)
    // The holder's claim on the content is all that is left of it.
    await world.records.finalize(holder, completed)
    await world.records.settle(holder)
    await world.clock.advance(2 * DAY_MS + 1)
    await world.memory.delete(objectNames.manifest(world.uidHash, holder))
    expect(await world.recover()).toMatchObject({ rebuilt: 1, same_as: 0 })
    expect(await world.archive.readOutcome(world.uidHash, loser)).toBeUndefined()
    await world.deliver(loser)
    expect(await world.records.read(loser)).toMatchObject({ status: 'completed' })
  })

  test('I2: ends as its durable outcome says, and logs it', async () => {
    const world = createWorld()
    const { jobId } = await sameBytes(world, toneName(world.clock.now() - 60 * MINUTE_MS))
    const manifest = await manifestOf(world, jobId)
    world.flush()
    const { uidHash, contentId, lane } = manifest
    await world.archive.createOutcome({
      ...{ schemaVersion: SCHEMA_VERSION, jobId, uidHash, contentId, lane, totalFiles: 1 },
      outcome: completed,
    })
    expect(await rebuildJob(world.delivery, manifest, MINUTE_MS)).toBe('rebuilt')
    expect(await world.records.read(jobId)).toMatchObject({ status: 'completed' })
    expect(rewritesOf(world.lines, jobId)).toEqual([
      { from: 'missing', to: 'queued', reason: 'rebuilt from its manifest', by: 'rebuild' },
      { from: 'queued', to: 'completed', reason: 'its outcome was durable', by: 'rebuild' },
    ])
  })
})
