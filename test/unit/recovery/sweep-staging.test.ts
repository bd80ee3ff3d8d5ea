import { describe, expect, test } from 'vitest'
import { newJobOf } from '../../../src/jobs/index.ts'
import {
  type JobId,
  newJobId,
  objectNames,
  shardOfJob,
  shardOfUid,
  UnavailableError,
} from '../../../src/kernel/index.ts'
import { failing } from '../../support/failing.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, UID, type World } from '../../support/world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
let levels = 100
/** An upload of content that no other has. */
const upload = (world: World) => {
  levels += 1
  return world.upload({ [toneName(world.clock.now() - HOUR_MS)]: tones([levels, 3]) })
}
/** Passes until every sentinel stands. */
const settleIn = async (world: World) => {
  for (let minute = 0; minute < 12; minute += 1) {
    await world.recover()
    await world.clock.advance(MINUTE_MS)
  }
}
const lostSince = async (world: World, jobId: JobId) =>
  (await world.store.beginPass(shardOfJob(jobId), { token: 'a look', leaseMs: 0 })).lostSince

describe('after Redis was flushed', () => {
  test('F56: the next pass rebuilds every job from its manifest, and asks the queue before it acts', async () => {
    const world = createWorld()
    await settleIn(world)
    const [kept, lost] = [await upload(world), await upload(world)]
    world.flush()
    world.tasks.answered('fresh', lost.jobId, 200)
    await world.clock.advance(1_000)
    expect(await world.recover()).toMatchObject({ rebuilt: 2, swept: 2, failed: 0 })
    expect(await world.tasks.find('fresh', kept.jobId)).toBe('live')
    expect(await world.tasks.find('fresh', `${lost.jobId}-g1`)).toBe('live')
    expect(world.tasks.live()).toHaveLength(2)
    expect(world.lines.join('\n')).toContain('rebuilt from its manifest')
    for (const [jobId, generation] of [
      [kept.jobId, 0],
      [lost.jobId, 1],
    ] as const) {
      await world.deliver(jobId, { generation })
      expect(await world.records.read(jobId)).toMatchObject({ status: 'completed', revivals: 0 })
    }
  })

  test('F63: a job that had ended is cleared up, and not run again (I2, I11)', async () => {
    const world = createWorld({
      objects: (objects) =>
        failing(objects, {
          on: 'delete',
          error: () => new UnavailableError('503', { party: 'gcs' }),
        }),
    })
    const { jobId } = await upload(world)
    await world.deliver(jobId)
    world.flush()
    await world.clock.advance(1_000)
    expect(await world.recover()).toMatchObject({ cleaned: 1, rebuilt: 0 })
    expect(await world.names('staging/')).toEqual([])
    expect(await world.records.read(jobId)).toBeUndefined()
    expect(world.calls).toHaveLength(1)
  })

  test('a job whose content became another one is ended as that one', async () => {
    const world = createWorld()
    const body = tones([77, 3])
    const name = toneName(world.clock.now() - HOUR_MS)
    const first = await world.upload({ [name]: body })
    const forgotten = await world.archive.readManifest(world.uidHash, first.jobId)
    if (!forgotten) throw new Error('no manifest')
    await world.memory.delete(objectNames.manifest(world.uidHash, first.jobId))
    world.flush()
    const second = await world.upload({ [name]: body })
    expect(second.jobId).not.toBe(first.jobId)
    await world.archive.createManifest(forgotten)
    await world.clock.advance(11 * MINUTE_MS)
    expect(await world.recover()).toMatchObject({ same_as: 1, rebuilt: 0 })
    expect(await world.archive.readOutcome(world.uidHash, first.jobId)).toMatchObject({
      sameAs: second.jobId,
    })
    expect((await world.names('staging/')).every((n) => n.includes(second.jobId))).toBe(true)
  })

  test("a job with its user's own key ends: nobody else may run it", async () => {
    const world = createWorld({ dispatchMode: 'inline' })
    world.stop.abort(new Error('killed'))
    const { jobId } = await upload(world)
    await world.inline.drained()
    const manifest = await world.archive.readManifest(world.uidHash, jobId)
    if (!manifest) throw new Error('no manifest')
    await world.memory.delete(objectNames.manifest(world.uidHash, jobId))
    await world.archive.createManifest({ ...manifest, byok: true })
    world.flush()
    await world.clock.advance(MINUTE_MS)
    expect(await world.recover()).toMatchObject({ rebuilt: 1 })
    expect(await world.records.read(jobId)).toMatchObject({
      status: 'failed',
      outcome: { reasonCode: 'byok_worker_lost' },
    })
    expect(world.calls).toEqual([])
  })

  test('the sentinel stands again after a whole sweep that began ten minutes after the loss was seen', async () => {
    const world = createWorld()
    const { jobId } = await upload(world)
    await settleIn(world)
    expect(await lostSince(world, jobId)).toBeUndefined()
    world.flush()
    for (let minute = 0; minute < 10; minute += 1) {
      await world.recover()
      expect(await lostSince(world, jobId)).toBeDefined()
      await world.clock.advance(MINUTE_MS)
    }
    await world.recover()
    expect(await lostSince(world, jobId)).toBeUndefined()
    expect(await world.recover()).toMatchObject({ swept: 0 })
  })

  test('a sweep on which a job failed does not confirm the shard, and is made again', async () => {
    let refuses = true
    const world = createWorld({
      objects: (objects) =>
        failing(objects, {
          on: 'read',
          times: Number.POSITIVE_INFINITY,
          when: (name) => refuses && String(name).endsWith('manifest.json'),
          error: () => new UnavailableError('503', { party: 'gcs' }),
        }),
    })
    const { jobId } = await upload(world)
    world.flush()
    await settleIn(world)
    expect(await lostSince(world, jobId)).toBeDefined()
    refuses = false
    await world.recover()
    expect(await world.records.read(jobId)).toMatchObject({ status: 'queued' })
    await world.recover()
    expect(await lostSince(world, jobId)).toBeUndefined()
  })
})

describe('while nothing was lost', () => {
  test('the sweep comes once an hour, and brings back what was evicted alone (F62)', async () => {
    const world = createWorld()
    await settleIn(world)
    const { jobId } = await upload(world)
    const manifest = await world.archive.readManifest(world.uidHash, jobId)
    if (!manifest) throw new Error('no manifest')
    await world.records.finalize(jobId, {
      ...{ status: 'failed', newMemories: [], updatedMemories: [], errors: [], endedAt: 0 },
      segments: { total: 0, successful: 0, silent: 0, failed: 0 },
    })
    await world.records.settle(jobId)
    await world.clock.advance(2 * 24 * HOUR_MS + 1)
    // Its record is forgotten, its manifest stands: as if Redis had evicted one key.
    expect(await world.records.read(jobId)).toBeUndefined()
    expect(await world.recover()).toMatchObject({ rebuilt: 1 })
    for (let minute = 0; minute < 59; minute += 1) {
      expect(await world.recover()).toMatchObject({ swept: 0 })
      await world.clock.advance(MINUTE_MS)
    }
    await world.clock.advance(MINUTE_MS)
    expect(await world.recover()).toMatchObject({ swept: 1, kept: 1 })
  })

  test('a young manifest is left to the upload that is about to write its record', async () => {
    const world = createWorld({
      store: (store) =>
        failing(store, {
          on: 'create',
          times: 1,
          error: () => new UnavailableError('down', { party: 'redis' }),
        }),
    })
    await world.recover()
    await world.clock.advance(MINUTE_MS)
    await expect(upload(world)).rejects.toMatchObject({ code: 'ledger_unavailable' })
    expect(await world.recover()).toMatchObject({ young: 1, rebuilt: 0 })
    await world.clock.advance(10 * MINUTE_MS)
    expect(await world.recover()).toMatchObject({ rebuilt: 1 })
  })

  test('it goes page by page, and comes to every job', async () => {
    const world = createWorld({ recovery: { sweepPageObjects: 10 } })
    await settleIn(world)
    for (let n = 0; n < 23; n += 1) await upload(world)
    world.flush()
    await world.clock.advance(1_000)
    const rebuilt: number[] = []
    for (let pass = 0; pass < 6; pass += 1) rebuilt.push((await world.recover()).rebuilt)
    expect(rebuilt).toEqual([4, 4, 4, 4, 4, 3])
    expect(await world.store.due(shardOfUid(UID), 100)).toHaveLength(0)
  })
})

describe('blobs without a manifest', () => {
  const stage = async (world: World, files: number) => {
    const jobId = newJobId(world.accept.randomBytes(16), shardOfUid(UID))
    for (let n = 0; n < files; n += 1) {
      const name = objectNames.blob(world.uidHash, jobId, n)
      await world.memory.create(name, Uint8Array.of(n), { contentType: 'application/octet-stream' })
    }
    return jobId
  }

  test('F7, F51: are deleted once they are older than any upload, and not before', async () => {
    const world = createWorld()
    await stage(world, 3)
    await world.clock.advance(2 * HOUR_MS - 1)
    expect(await world.recover()).toMatchObject({ young: 1, orphans_deleted: 0 })
    await world.clock.advance(MINUTE_MS)
    expect(await world.recover()).toMatchObject({ orphans_deleted: 1 })
    expect(await world.names('staging/')).toEqual([])
  })

  test('I11: are kept when the manifest stands all the same, or the job is still known', async () => {
    const unlisted = createWorld({
      objects: (objects) => ({
        ...objects,
        list: async (prefix, options) =>
          (await objects.list(prefix, options)).filter(({ name }) => !name.endsWith('.json')),
      }),
    })
    await upload(unlisted)
    unlisted.flush()
    await unlisted.clock.advance(3 * HOUR_MS)
    expect(await unlisted.recover()).toMatchObject({ kept: 1, orphans_deleted: 0 })
    expect(await unlisted.names('staging/')).toHaveLength(2)
    const known = createWorld()
    const { jobId } = await upload(known)
    await known.memory.delete(objectNames.manifest(known.uidHash, jobId))
    await known.clock.advance(3 * HOUR_MS)
    expect(await known.recover()).toMatchObject({ kept: 1, orphans_deleted: 0 })
    expect(await known.names('staging/')).toHaveLength(1)
  })

  test('a manifest that comes after them in time makes a job of them', async () => {
    const world = createWorld()
    const jobId = await stage(world, 1)
    const other = await upload(world)
    const manifest = await world.archive.readManifest(world.uidHash, other.jobId)
    if (!manifest) throw new Error('no manifest')
    await world.clock.advance(HOUR_MS)
    const [file] = manifest.files
    if (!file) throw new Error('no file')
    const own = { ...manifest, jobId, contentId: manifest.contentId }
    await world.archive.createManifest({
      ...own,
      files: [{ ...file, object: objectNames.blob(world.uidHash, jobId, 0) }],
    })
    await world.records.create(newJobOf(own, MINUTE_MS))
    await world.clock.advance(2 * HOUR_MS)
    expect(await world.recover()).toMatchObject({ orphans_deleted: 0 })
  })
})
