import { describe, expect, it } from 'vitest'
import { BusyError, revisionOf } from '../../../src/kernel/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import {
  conversationOf,
  deliverSummary,
  endedJob,
  enrichingWorld,
  enrichmentOf,
  SUMMARY,
  summaryObjects,
  summaryTask,
} from './rig.ts'

describe('a job that ends with a conversation', () => {
  it('owes its summary from the first terminal status on, and its task waits', async () => {
    const { world, asked } = enrichingWorld()
    const jobId = await endedJob(world)
    expect(await enrichmentOf(world, jobId)).toBe('pending')
    const { outline, listed } = await conversationOf(world)
    const { task } = summaryTask(world)
    expect(task.name).toMatch(/^e-[0-9a-f]{40}-g0$/)
    expect(task.payload).toMatchObject({
      schema_version: 1,
      uid_hash: world.uidHash,
      conversation_id: outline?.id,
      revision: outline && revisionOf(outline),
      generation: 0,
    })
    expect(listed).toMatchObject({ enrichment: 'pending' })
    expect(listed).not.toHaveProperty('title')
    expect(asked).toEqual([])
  })

  it('is shown with its summary once that is made, by one paid call', async () => {
    const { world, asked } = enrichingWorld()
    const jobId = await endedJob(world)
    expect(await deliverSummary(world)).toEqual({
      status: 200,
      body: { result: 'done', enrichment: 'done' },
    })
    expect(asked).toEqual(['tone 100 tone 200'])
    expect(await enrichmentOf(world, jobId)).toBe('done')
    const shown = {
      enrichment: 'done',
      title: SUMMARY.title,
      overview: SUMMARY.overview,
      category: SUMMARY.category,
      action_items: [{ description: 'Play a third' }],
    }
    const { listed, whole } = await conversationOf(world)
    expect(listed).toMatchObject(shown)
    expect(whole).toMatchObject({ ...shown, text: expect.stringContaining('tone 100') })
    expect(await world.works.due(0, 10)).toEqual([])
  })

  it('keeps everything else of its end while the summary lives its life (I2)', async () => {
    const { world } = enrichingWorld()
    const jobId = await endedJob(world)
    const before = await world.store.view(jobId)
    await deliverSummary(world)
    expect(await world.store.view(jobId)).toEqual({ ...before, enrichment: 'done' })
  })

  it('shows `running` while its summary is made', async () => {
    const seen: (string | undefined)[] = []
    const { world } = enrichingWorld({
      summarize: async () => {
        seen.push(await enrichmentOf(world, jobId))
        return SUMMARY
      },
    })
    const jobId = await endedJob(world)
    await deliverSummary(world)
    expect(seen).toEqual(['running'])
  })

  it('has no summary when next to nothing was said', async () => {
    const { world, asked } = enrichingWorld({
      transcribe: async () => ({ text: 'Hello there', words: [] }),
      enrichment: { limits: { ...LIMITS, fillerMaxWords: 12, fillerMaxMs: 15_000 } },
    })
    const { jobId } = await world.upload({
      [toneName(world.clock.now() - 3_600_000)]: tones([100, 3]),
    })
    await world.deliver(jobId)
    expect(await deliverSummary(world)).toMatchObject({ body: { enrichment: 'skipped' } })
    expect(asked).toEqual([])
    expect(await enrichmentOf(world, jobId)).toBe('none')
    expect((await conversationOf(world)).listed).toMatchObject({ enrichment: 'none' })
  })
})

const LIMITS = {
  budgetMs: 150_000,
  maxAttempts: 5,
  giveUpAfterMs: 86_400_000,
  fillerMaxWords: 2,
  fillerMaxMs: 1_000,
  sweepBackMs: 172_800_000,
}

describe('a delivery of the second stage', () => {
  it('without a verified identity has no effect (I10)', async () => {
    const { world, asked } = enrichingWorld()
    await endedJob(world)
    const body = JSON.stringify(summaryTask(world).task.payload)
    const answer = await deliverSummary(world, { body, authorization: 'Bearer stranger' })
    expect(answer).toMatchObject({ status: 403, body: { result: 'forbidden' } })
    expect(asked).toEqual([])
    expect(await summaryObjects(world)).toEqual([])
  })

  it.each([
    ['garbage', 'x', { status: 200, body: { result: 'dropped', reason: 'invalid_payload' } }],
    [
      'a newer schema',
      JSON.stringify({ schema_version: 2 }),
      { status: 500, body: { result: 'retry', reason: 'newer_schema' } },
    ],
  ])('of %s is answered as the run endpoint does', async (_, body, expected) => {
    const { world } = enrichingWorld()
    expect(await deliverSummary(world, { body })).toMatchObject(expected)
  })

  it('twice makes one summary: the second is acknowledged (I4, F40)', async () => {
    const { world, asked } = enrichingWorld()
    await endedJob(world)
    const body = JSON.stringify(summaryTask(world).task.payload)
    await deliverSummary(world)
    expect(await deliverSummary(world, { body })).toEqual({
      status: 200,
      body: { result: 'acked', enrichment: 'done' },
    })
    expect(asked).toHaveLength(1)
  })

  it('twice at once is worked on once: the other is locked, never 429 or 503 (I3, F23)', async () => {
    const gate = Promise.withResolvers<void>()
    const { world, asked } = enrichingWorld({
      summarize: async () => {
        await gate.promise
        return SUMMARY
      },
    })
    await endedJob(world)
    const body = JSON.stringify(summaryTask(world).task.payload)
    const first = deliverSummary(world)
    await world.clock.advance(0)
    expect(await deliverSummary(world, { body })).toMatchObject({
      status: 409,
      body: { result: 'locked' },
    })
    gate.resolve()
    expect(await first).toMatchObject({ status: 200 })
    expect(asked).toHaveLength(1)
  })

  it('for a revision that is not the present one is dropped unpaid, and its job follows', async () => {
    const { world, asked } = enrichingWorld()
    const first = await endedJob(world)
    const old = summaryTask(world).task
    const { jobId } = await world.upload({
      [toneName(world.clock.now() - 3_600_000 + 100_000)]: tones([300, 3]),
    })
    await world.deliver(jobId)
    const body = JSON.stringify(old.payload)
    expect(await deliverSummary(world, { body })).toEqual({
      status: 200,
      body: { result: 'stale_revision' },
    })
    world.summaryTasks.answered(old.lane, old.name, 200)
    expect(asked).toEqual([])
    expect(await enrichmentOf(world, first)).toBe('pending')
    await deliverSummary(world)
    expect(asked).toEqual(['tone 100 tone 200 tone 300'])
    expect(await enrichmentOf(world, first)).toBe('done')
    expect(await enrichmentOf(world, jobId)).toBe('done')
  })

  it('whose result comes late for a grown conversation is not the current summary', async () => {
    const { world } = enrichingWorld()
    await endedJob(world)
    await deliverSummary(world)
    const { jobId } = await world.upload({
      [toneName(world.clock.now() - 3_600_000 + 100_000)]: tones([300, 3]),
    })
    await world.deliver(jobId)
    expect((await conversationOf(world)).listed).toMatchObject({ enrichment: 'pending' })
    expect(await summaryObjects(world)).toHaveLength(1)
  })

  it('of an older generation is ignored', async () => {
    const { world, asked } = enrichingWorld({
      summarize: async () => {
        if (asked.length === 1) throw new BusyError('429', { retryAfterMs: 5_000 })
        return SUMMARY
      },
    })
    await endedJob(world)
    const body = JSON.stringify(summaryTask(world).task.payload)
    await deliverSummary(world)
    expect(await deliverSummary(world, { body })).toEqual({
      status: 200,
      body: { result: 'stale_generation', generation: 0, current: 1 },
    })
    expect(asked).toHaveLength(1)
  })
})
