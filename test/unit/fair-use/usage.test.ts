import { describe, expect, test } from 'vitest'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import { createArchive } from '../../../src/durable/index.ts'
import { readUsage } from '../../../src/fair-use/index.ts'
import { DAY_MS, HOUR_MS, objectNames } from '../../../src/kernel/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'
import { fileId, speak } from './speaking.ts'

describe('usage', () => {
  const usageOf = (world: World, fromMs: number, toMs: number) =>
    readUsage(
      {
        objects: world.memory,
        archive: createArchive({ objects: world.memory, checksum: createCrc32c }),
        events: world.delivery.events,
      },
      world.uidHash,
      { fromMs, toMs },
    )

  test('of a user in a period counts every content once, however often it was uploaded (I5)', async () => {
    const world = createWorld()
    const startMs = world.clock.now()
    const name = toneName(startMs - HOUR_MS)
    const body = tones([910, 2], [0, 1], [911, 2])
    const first = await world.upload({ [name]: body })
    await world.deliver(first.jobId)
    const again = await world.upload({
      [name]: body,
      [toneName(startMs - 3 * HOUR_MS)]: tones([912, 4]),
    })
    await world.deliver(again.jobId)
    const endMs = world.clock.now() + 1
    expect(await usageOf(world, startMs, endMs)).toEqual({
      billed: [{ provider: 'tones', segments: 2, audioMs: 9_000, speechMs: 8_000 }],
      silent: { segments: 0, speechMs: 0 },
      unreadable: 0,
    })
    expect((await usageOf(world, endMs, endMs + DAY_MS)).billed).toEqual([])
    expect((await usageOf(world, 0, startMs)).billed).toEqual([])
  })

  test('of silence is told apart and not billed', async () => {
    const world = createWorld({ transcribe: async () => ({ text: ' ', words: [] }) })
    const { jobId } = await speak(world, 3)
    await world.deliver(jobId)
    expect(await usageOf(world, 0, world.clock.now() + 1)).toEqual({
      billed: [],
      silent: { segments: 1, speechMs: 3_000 },
      unreadable: 0,
    })
  })

  test('names how many records it could not read', async () => {
    const world = createWorld()
    const { jobId } = await speak(world, 3)
    await world.deliver(jobId)
    const broken = objectNames.transcript(
      world.uidHash,
      world.naming.segmentId(fileId(world), 0, 9),
    )
    await world.memory.create(broken, Buffer.from('{'), { contentType: 'application/json' })
    expect(await usageOf(world, 0, world.clock.now() + 1)).toMatchObject({
      billed: [{ segments: 1 }],
      unreadable: 1,
    })
  })
})
