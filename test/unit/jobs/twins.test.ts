import { describe, expect, test } from 'vitest'
import { cancelJob } from '../../../src/intake/index.ts'
import { standingJob } from '../../../src/jobs/index.ts'
import {
  type JobId,
  newJobId,
  type Outcome,
  SCHEMA_VERSION,
  shardOfUid,
} from '../../../src/kernel/index.ts'
import { findStatus } from '../../../src/status/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, UID, type World } from '../../support/world.ts'

const aJob = (world: World) => newJobId(world.accept.randomBytes(16), shardOfUid(UID))
const pointAt = (world: World, jobId: JobId, sameAs: JobId) =>
  world.archive.createOutcome({
    ...{ schemaVersion: SCHEMA_VERSION, jobId, uidHash: world.uidHash, sameAs },
  })
const frozen: Outcome = {
  status: 'failed',
  ...{ newMemories: [], updatedMemories: [], errors: [], endedAt: 1 },
  segments: { total: 1, successful: 0, silent: 0, failed: 1 },
}
const statusOf = (world: World, jobId: JobId) =>
  findStatus({ ...world.accept, clockSkewMs: 0 }, world.uidHash, jobId)

/** A job that lost its content to one which lost it to a third. */
async function chain(world: World) {
  const { jobId: third } = await world.upload({
    [toneName(world.clock.now() - 3_600_000)]: tones([5, 3]),
  })
  const [first, second] = [aJob(world), aJob(world)]
  await pointAt(world, first, second)
  await pointAt(world, second, third)
  return { first, second, third }
}

describe("a job that ended as its twin's twin", () => {
  test('has the end of the last one, for whoever asks', async () => {
    const world = createWorld()
    const { first, third } = await chain(world)
    await world.deliver(third)
    world.flush()
    expect(await standingJob(world, world, first)).toMatchObject({
      ...{ kind: 'known', job: { jobId: third, status: 'completed' } },
    })
    expect(await statusOf(world, first)).toMatchObject({
      ...{ kind: 'found', view: { jobId: first, status: 'completed' } },
    })
    expect(await cancelJob(world.delivery, world.uidHash, first)).toBe('ended')
  })

  test('stands as long as the last one runs, and is cancelled with it', async () => {
    const world = createWorld()
    const { first, third } = await chain(world)
    expect(await standingJob(world, world, first)).toMatchObject({
      ...{ kind: 'known', job: { jobId: third, status: 'queued' } },
    })
    expect(await cancelJob(world.delivery, world.uidHash, first)).toBe('ended')
    expect(await world.records.read(third)).toMatchObject({ status: 'failed' })
  })

  test('I7: is nobody when the pointers go round, so that the client uploads again', async () => {
    const world = createWorld()
    const [first, second] = [aJob(world), aJob(world)]
    await pointAt(world, first, second)
    await pointAt(world, second, first)
    expect(await standingJob(world, world, first)).toEqual({ kind: 'free' })
    expect(await statusOf(world, first)).toEqual({ kind: 'unknown' })
    expect(await cancelJob(world.delivery, world.uidHash, first)).toBe('unknown')
    const facts = { ...(await factsOfAnUpload(world)), jobId: first }
    await expect(world.delivery.endings.complete(facts, frozen)).rejects.toThrow('go round')
  })
})

async function factsOfAnUpload(world: World) {
  const { jobId } = await world.upload({
    [toneName(world.clock.now() - 3_600_000)]: tones([6, 3]),
  })
  const manifest = await world.archive.readManifest(world.uidHash, jobId)
  if (!manifest) throw new Error('no manifest')
  const { contentId, lane, uidHash, files } = manifest
  return { jobId, contentId, lane, uidHash, totalFiles: files.length }
}
