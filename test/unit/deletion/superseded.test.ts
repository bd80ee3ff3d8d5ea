import { describe, expect, test } from 'vitest'
import { deleteConversation } from '../../../src/deletion/index.ts'
import { RetryableError, type Summary } from '../../../src/kernel/index.ts'
import { tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'
import {
  conversationOf,
  deliverSummary,
  endedJob,
  enrichingWorld,
  enrichmentOf,
  SUMMARY,
  summaryTask,
} from '../enrichment/rig.ts'
import { accept, allText, run, SECRET, spokenWorld, upload } from './rig.ts'

async function deleteNewest(world: World): Promise<void> {
  const [newest] = await world.conversations.list(world.uidHash, { limit: 1 })
  if (!newest) throw new Error('there is a conversation to delete')
  await deleteConversation(world.deletion, world.uidHash, newest.id)
}

const shown = (world: World) => world.conversations.list(world.uidHash, { limit: 9 })

describe('a segment that joins a deleted conversation', () => {
  test('accepted before it: nobody is asked, its job completes, it counts as silent (I6)', async () => {
    const world = createWorld(spokenWorld())
    const late = await accept(world, { 3540: tones([101, 3]), 1800: tones([200, 3]) })
    await upload(world, { 3600: tones([100, 3]) })
    await deleteNewest(world)
    await world.clock.advance(1_000)
    const asked = world.calls.length
    expect(await run(world, late)).toMatchObject({
      status: 'completed',
      totalSegments: 2,
      silent: 1,
    })
    expect(world.calls.length).toBe(asked + 1)
    expect((await world.texts()).flat()).toEqual(['tone 200'])
    expect(await allText(world)).not.toContain(SECRET)
  })

  test('transcribed while its user deletes: its text is blank before its job ends', async () => {
    let deletes: (() => Promise<void>) | undefined
    const world = createWorld(
      spokenWorld({
        transcribe: async ({ pcm }) => {
          const level = Math.max(...pcm)
          if (level === 101) await deletes?.()
          if (level === 200) throw new RetryableError('not now')
          return { text: `${SECRET} ${level}`, words: [] }
        },
      }),
    )
    const late = await accept(world, { 3540: tones([101, 3]), 1800: tones([200, 3]) })
    await upload(world, { 3600: tones([100, 3]) })
    deletes = () => deleteNewest(world)
    expect(await run(world, late)).toMatchObject({ status: 'queued', silent: 1 })
    expect(await shown(world)).toEqual([])
    expect(await allText(world)).not.toContain(SECRET)
  })

  test('over one that landed before: that is taken along, and blank too', async () => {
    const world = createWorld(spokenWorld())
    const bridge = await accept(world, { 3500: tones([101, 3]) })
    await upload(world, { 3600: tones([100, 3]) })
    await upload(world, { 3400: tones([102, 3]) })
    expect(await shown(world)).toHaveLength(2)
    const [, older] = await shown(world)
    if (!older) throw new Error('there are two')
    await deleteConversation(world.deletion, world.uidHash, older.id)
    expect(await allText(world)).toContain(`${SECRET} 102`)
    await run(world, bridge)
    expect(await shown(world)).toEqual([])
    expect(await allText(world)).not.toContain(SECRET)
  })

  test('accepted after it is new', async () => {
    const world = createWorld(spokenWorld())
    await upload(world, { 3600: tones([100, 3]) })
    await deleteNewest(world)
    await world.clock.advance(1_000)
    expect(await upload(world, { 3540: tones([110, 3]) })).toMatchObject({ silent: 0 })
    expect((await world.texts()).flat()).toEqual(['tone 110'])
  })

  test('sent to it by name and under way is gone with it, and lands nowhere else', async () => {
    const world = createWorld(spokenWorld())
    await upload(world, { 3600: tones([100, 3]) })
    const [home] = await shown(world)
    const late = await accept(world, { 600: tones([101, 3]) }, home?.id)
    await deleteNewest(world)
    expect(await run(world, late)).toMatchObject({ status: 'completed', silent: 1 })
    expect(await shown(world)).toEqual([])
    expect(await allText(world)).not.toContain(SECRET)
  })

  test('whose worker dies after its transcript is blank all the same when its job is landed', async () => {
    let deletes: (() => Promise<void>) | undefined
    const world = createWorld(
      spokenWorld({
        objects: (objects) => ({
          ...objects,
          create: async (name, ...rest) => {
            const answer = await objects.create(name, ...rest)
            if (name.startsWith('transcripts/') && deletes) {
              await deletes()
              deletes = undefined
              throw new Error('the worker is gone')
            }
            return answer
          },
        }),
      }),
    )
    const late = await accept(world, { 3540: tones([101, 3]) })
    await upload(world, { 3600: tones([100, 3]) })
    deletes = () => deleteNewest(world)
    await world.deliver(late)
    expect(await allText(world)).toContain(`${SECRET} 101`)
    expect(await run(world, late)).toMatchObject({ status: 'completed', silent: 1 })
    expect(await allText(world)).not.toContain(SECRET)
  })
})

describe('a summary of a deleted conversation', () => {
  test('that was on its way is not written, and its job says it has none', async () => {
    let world: World | undefined
    const made = enrichingWorld({
      summarize: async (): Promise<Summary> => {
        if (world) await deleteNewest(world)
        return SUMMARY
      },
    })
    world = made.world
    const jobId = await endedJob(world)
    expect(await deliverSummary(world)).toMatchObject({ status: 200 })
    expect(await world.names('enrichments/')).toEqual([])
    expect(await enrichmentOf(world, jobId)).toBe('none')
    expect(await world.recover()).toMatchObject({ enrichment: { due: { checked: 0 } } })
  })

  test('that was written as its worker died is taken away by the next', async () => {
    let dies = false
    const { world, asked } = enrichingWorld({
      objects: (objects) => ({
        ...objects,
        create: async (name, ...rest) => {
          const answer = await objects.create(name, ...rest)
          if (!name.startsWith('enrichments/') || !dies) return answer
          dies = false
          await deleteNewest(world)
          // The deletion looked before this came to be.
          await objects.create(name, ...rest)
          throw new Error('the worker is gone')
        },
      }),
    })
    const jobId = await endedJob(world)
    dies = true
    const body = JSON.stringify(summaryTask(world).task.payload)
    await deliverSummary(world)
    expect(await world.names('enrichments/')).toHaveLength(1)
    await world.clock.advance(60_000)
    expect(await deliverSummary(world, { body })).toMatchObject({ status: 200 })
    expect(await world.names('enrichments/')).toEqual([])
    expect(await enrichmentOf(world, jobId)).toBe('none')
    expect(asked).toHaveLength(1)
  })

  test('is not asked for by the sweep over announcements', async () => {
    const { world, asked } = enrichingWorld()
    await endedJob(world)
    await deleteNewest(world)
    world.flushSummaries()
    const page = { startAfter: undefined, limit: 100, signal: new AbortController().signal }
    expect(await world.enrichment?.sweep(page)).toMatchObject({
      counts: { conversations: 1, announced: 0, failed: 0 },
    })
    expect(asked).toEqual([])
    await expect(conversationOf(world)).rejects.toThrow('no conversation')
  })
})
