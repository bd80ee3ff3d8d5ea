import { describe, expect, test } from 'vitest'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'

const HOUR_MS = 3_600_000
const LATE = { code: 'upload_timeout' }

/** The process stands still just before its manifest, or the lookup before it, while `meanwhile` happens. */
function freezing(before: 'manifest' | 'lookup', meanwhile: (world: World) => Promise<unknown>) {
  let isFrozen = false
  const freeze = async (world: World) => {
    if (isFrozen) return
    isFrozen = true
    await meanwhile(world)
  }
  const world: World = createWorld({
    objects: (objects) => ({
      ...objects,
      create: async (name, ...rest) => {
        if (before === 'manifest' && name.endsWith('manifest.json')) await freeze(world)
        return objects.create(name, ...rest)
      },
    }),
    store: (store) => ({
      ...store,
      contentStanding: async (...of) => {
        if (before === 'lookup') await freeze(world)
        return store.contentStanding(...of)
      },
    }),
  })
  const upload = () =>
    world.upload({ [toneName(world.clock.now() - 4 * HOUR_MS)]: tones([100, 3]) })
  return { world, upload }
}

describe('an upload whose process stood still (I1)', () => {
  test('before its manifest is refused, and leaves nothing', async () => {
    const { world, upload } = freezing('lookup', (w) => w.clock.advance(HOUR_MS))
    await expect(upload()).rejects.toMatchObject(LATE)
    expect(await world.names('staging/')).toEqual([])
  })

  test('while only the wall clock told so is refused too', async () => {
    const { upload } = freezing('lookup', async (w) => w.clock.jumpWall(HOUR_MS))
    await expect(upload()).rejects.toMatchObject(LATE)
  })

  test('until its blobs were swept promises nothing: its manifest comes to a truthful end', async () => {
    const { world, upload } = freezing('manifest', async (w) => {
      await w.clock.advance(2 * HOUR_MS + 1)
      expect(await w.recover()).toMatchObject({ orphans_deleted: 1 })
    })
    await expect(upload()).rejects.toMatchObject(LATE)
    await world.clock.advance(HOUR_MS)
    expect(await world.recover()).toMatchObject({ rebuilt: 1 })
    const [task] = world.tasks.live()
    if (!task) throw new Error('no task')
    const jobId = task.task.payload.job_id
    await world.deliver(jobId)
    expect(await world.records.read(jobId)).toMatchObject({ status: 'failed' })
    const again = await upload()
    expect(again.jobId).not.toBe(jobId)
    await world.deliver(again.jobId)
    expect(await world.records.read(again.jobId)).toMatchObject({ status: 'completed' })
  })

  test('for less than an upload may take goes on', async () => {
    const { world, upload } = freezing('manifest', (w) => w.clock.advance(HOUR_MS / 4))
    const { jobId } = await upload()
    expect(await world.records.read(jobId)).toMatchObject({ status: 'queued' })
  })
})
