import { describe, expect, test } from 'vitest'
import { conversationIdSchema } from '../../../src/kernel/index.ts'
import { getConversation, listConversations } from '../../../src/status/index.ts'
import { tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'
import { accept, run, upload } from '../deletion/rig.ts'
import { deliverSummary, endedJob, enrichingWorld } from '../enrichment/rig.ts'
import { type Call, fileOf, hearing, wordOf } from './call.ts'

const list = async (world: World) =>
  (await listConversations(world, world.uidHash, { cursor: undefined, limit: 50 })).conversations
const get = (world: World, id = '') =>
  getConversation(world, world.uidHash, conversationIdSchema.parse(id))
const WORDS = (count: number) => Array.from({ length: count }, (_, i) => `word${i}`).join(' ')

describe('a conversation as it is shown', () => {
  test('says which audio it was made of: spans in absolute time, overlaps once', async () => {
    const world = createWorld({ transcribe: async () => ({ text: 'one tone', words: [] }) })
    const at = (ago: number) => new Date(world.clock.now() - ago * 1_000).toISOString()
    await upload(world, { 600: tones([100, 10]), 595: tones([100, 10]), 500: tones([101, 4]) })
    const [shown] = await list(world)
    expect(shown?.audio).toEqual({
      covered_seconds: 19,
      spans: [
        { started_at: at(600), finished_at: at(585) },
        { started_at: at(500), finished_at: at(496) },
      ],
    })
    expect((await get(world, shown?.id))?.audio).toEqual(shown?.audio)
  })

  test.for([
    ['12 words in 15 s', 12, 15, true],
    ['13 words', 13, 15, false],
    ['16 s', 12, 16, false],
  ] as const)('of %s is filler: %s', async ([, words, seconds, filler]) => {
    const world = createWorld({ transcribe: async () => ({ text: WORDS(words), words: [] }) })
    await upload(world, { 600: tones([100, seconds]) })
    const [shown] = await list(world)
    expect(shown?.filler).toBe(filler)
    expect((await get(world, shown?.id))?.filler).toBe(filler)
  })

  test('that is locked says so, and nothing of what was said', async () => {
    const { world } = enrichingWorld({
      fairUse: { find: async () => ({ tier: 'standard', hasCredits: false }) },
    })
    await endedJob(world)
    await deliverSummary(world)
    const [shown] = await list(world)
    expect(shown).toMatchObject({ locked: true, segment_count: 2, enrichment: 'done' })
    const whole = await get(world, shown?.id)
    expect(whole).toEqual({ ...shown, segments: [] })
    expect(JSON.stringify([shown, whole])).not.toMatch(/tone|title|overview|action_items/)
  })

  test('tells overlapping files once, in their words and their times', async () => {
    const START = Date.UTC(2026, 5, 1, 11)
    const call: Call = { startMs: START, isSpeech: () => true }
    const world = createWorld(hearing(call))
    for (const window of [
      { from: 30, to: 90 },
      { from: 0, to: 60 },
    ]) {
      const { name, body } = fileOf(call, window)
      const { jobId } = await world.upload({ [name]: body })
      await run(world, jobId)
    }
    const [shown] = await list(world)
    const whole = await get(world, shown?.id)
    const seconds = Array.from({ length: 90 }, (_, second) => second)
    expect(whole?.text?.split(/\s/)).toEqual(seconds.map(wordOf))
    expect(whole?.segments.flatMap(({ words }) => words.map(({ startMs }) => startMs))).toEqual(
      seconds.map((second) => START + second * 1_000),
    )
  })
})

describe('an upload that names a conversation', () => {
  const ids = async (world: World) => (await list(world)).map(({ id }) => id)

  test('joins it by any id it ever had, wherever its own time lies', async () => {
    const world = createWorld()
    await upload(world, { 7200: tones([100, 3]), 7120: tones([101, 3]) })
    const [id = ''] = await ids(world)
    const whole = await get(world, id)
    for (const [index, segment] of (whole?.segments ?? []).entries()) {
      const seed = `${id.slice(0, 8)}-${segment.id}`
      await upload(world, { [3_600 - 600 * index]: tones([110 + index, 3]) }, seed)
    }
    expect(await ids(world)).toEqual([id])
    expect((await get(world, id))?.segment_count).toBe(4)
    for (const segment of (await get(world, id))?.segments ?? []) {
      expect(await get(world, `${id.slice(0, 8)}-${segment.id}`)).toMatchObject({ id })
    }
  })

  test('of a stranger, or of nothing, goes by its own time', async () => {
    const world = createWorld()
    const unknown = `20260601-${'0'.repeat(40)}`
    await upload(world, { 3600: tones([100, 3]) }, unknown)
    expect((await ids(world))[0]).not.toBe(unknown)
    expect(await ids(world)).toHaveLength(1)
  })

  test('that merged meanwhile is in the one it merged into', async () => {
    const world = createWorld()
    await upload(world, { 3600: tones([100, 3]) })
    const [first = ''] = await ids(world)
    await upload(world, { 3400: tones([101, 3]) })
    const second = (await ids(world)).find((id) => id !== first)
    const late = await accept(world, { 600: tones([103, 3]) }, second)
    await upload(world, { 3500: tones([102, 3]) })
    await run(world, late)
    expect(await ids(world)).toEqual([first])
    expect(await get(world, second)).toMatchObject({ id: first, segment_count: 4 })
  })

  test('that is locked when the upload is not, or the other way round, goes by its own time', async () => {
    let hasCredits = false
    const world = createWorld({
      fairUse: { find: async () => ({ tier: 'standard', hasCredits }) },
    })
    await upload(world, { 3600: tones([100, 3]) })
    const [lockedId] = await ids(world)
    hasCredits = true
    await world.clock.advance(3_600_000)
    await upload(world, { 1800: tones([101, 3]) }, lockedId)
    const shown = await list(world)
    expect(shown.map(({ locked }) => locked)).toEqual([false, true])
  })
})
