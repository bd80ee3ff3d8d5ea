import { describe, expect, it } from 'vitest'
import { RetryableError, RunAbortedError } from '../../../src/kernel/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import type { World, WorldOptions } from '../../support/world.ts'
import { conversationOf, enrichingWorld, enrichmentOf, SUMMARY, summaryObjects } from './rig.ts'

const inlineWorld = (options: WorldOptions = {}) =>
  enrichingWorld({ dispatchMode: 'inline', ...options })

/** Jobs so many hours apart, each a conversation of its own, run to their end. */
async function ended(world: World, hoursAgo: readonly number[] = [1]) {
  const jobIds = []
  for (const hours of hoursAgo) {
    const start = world.clock.now() - hours * 3_600_000
    const { jobId } = await world.upload({ [toneName(start)]: tones([100 + hours, 3]) })
    jobIds.push(jobId)
  }
  await world.inline.drained()
  return jobIds
}

describe('without a queue', () => {
  it('the process that ended a job makes its summary', async () => {
    const { world, asked } = inlineWorld()
    const [jobId = nothing()] = await ended(world)
    await world.enrichment?.drained()
    expect(asked).toEqual(['tone 101'])
    expect(await enrichmentOf(world, jobId)).toBe('done')
    expect((await conversationOf(world)).listed).toMatchObject({ title: SUMMARY.title })
    expect(world.summaryTasks.live()).toEqual([])
  })

  it('a failing provider is asked again after a while, by the same process', async () => {
    const { world, asked } = inlineWorld({
      summarize: async () => {
        if (asked.length > 1) return SUMMARY
        throw new RetryableError('500', { reasonCode: 'enrichment_upstream_error' })
      },
    })
    const [jobId = nothing()] = await ended(world)
    await world.clock.advance(0)
    expect(await enrichmentOf(world, jobId)).toBe('pending')
    await world.clock.advance(300_000)
    await world.enrichment?.drained()
    expect(asked).toHaveLength(2)
    expect(await enrichmentOf(world, jobId)).toBe('done')
  })

  it('as many summaries are made at once as may be, and all of them are made', async () => {
    const [gate, seen] = [Promise.withResolvers<void>(), { now: 0, peak: 0 }]
    const { world, asked } = inlineWorld({
      enrichment: { maxRunning: 2 },
      summarize: async () => {
        seen.now += 1
        seen.peak = Math.max(seen.peak, seen.now)
        await gate.promise
        seen.now -= 1
        return SUMMARY
      },
    })
    await ended(world, [1, 2, 3, 4])
    await world.clock.advance(0)
    expect(asked).toHaveLength(2)
    gate.resolve()
    await world.enrichment?.drained()
    expect([asked.length, seen.peak]).toEqual([4, 2])
    expect(await summaryObjects(world)).toHaveLength(4)
  })

  it('shutdown gives the work back, and nothing goes on behind it', async () => {
    const { world } = inlineWorld({
      summarize: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    const [jobId = nothing()] = await ended(world)
    await world.clock.advance(0)
    expect(await enrichmentOf(world, jobId)).toBe('running')
    world.stop.abort(new RunAbortedError('shutdown'))
    await world.enrichment?.drained()
    expect(await enrichmentOf(world, jobId)).toBe('pending')
    expect(await world.store.view(jobId)).toMatchObject({ status: 'completed' })
    expect(world.clock.sleeping).toBe(0)
  })
})

function nothing(): never {
  throw new Error('there is no job')
}
