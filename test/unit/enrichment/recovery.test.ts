import { describe, expect, it } from 'vitest'
import { enrichmentIdOf, TerminalError, UnavailableError } from '../../../src/kernel/index.ts'
import { failing } from '../../support/failing.ts'
import { toneName, tones } from '../../support/tones.ts'
import type { World } from '../../support/world.ts'
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

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const away = () => new UnavailableError('away', { party: 'redis' })

/** One pass, after so long. */
async function passAfter(world: World, ms: number) {
  await world.clock.advance(ms)
  return (await world.recover()).enrichment
}

/** Passes until every sentinel stands. */
async function settleIn(world: World) {
  const swept = []
  for (let minute = 0; minute < 12; minute += 1) {
    swept.push((await passAfter(world, MINUTE_MS))?.swept)
  }
  return swept.filter((counts) => counts !== undefined)
}

function idOf(world: World) {
  const { uid_hash: uidHash, conversation_id, revision } = summaryTask(world).task.payload
  return enrichmentIdOf({ uidHash, conversationId: conversation_id, revision })
}

describe('recovery of a summary', () => {
  it('that was announced and never enqueued makes its task', async () => {
    const { world } = enrichingWorld({
      summaryQueue: (queue) => {
        let isFirst = true
        return {
          ...queue,
          create: async (task) => {
            if (!isFirst) return queue.create(task)
            isFirst = false
            return { kind: 'uncertain', cause: 'deadline' }
          },
        }
      },
    })
    await settleIn(world)
    const jobId = await endedJob(world)
    expect(world.summaryTasks.live()).toEqual([])
    expect(await passAfter(world, 30_000)).toMatchObject({ due: { checked: 0 } })
    expect(await passAfter(world, 30_000)).toMatchObject({ due: { checked: 1, ensured: 1 } })
    await deliverSummary(world)
    expect(await enrichmentOf(world, jobId)).toBe('done')
  })

  it('that its job could not announce begins when the job is settled, and the job stays completed', async () => {
    const { world } = enrichingWorld({
      works: (works) => failing(works, { on: 'announce', error: away }),
    })
    const { jobId } = await world.upload({
      [toneName(world.clock.now() - HOUR_MS)]: tones([100, 3], [0, 1], [100, 3]),
    })
    await world.deliver(jobId)
    expect(await world.store.view(jobId)).toMatchObject({
      status: 'completed',
      enrichment: 'pending',
    })
    expect(world.summaryTasks.live()).toEqual([])
    await world.clock.advance(2 * MINUTE_MS)
    expect(await world.recover()).toMatchObject({ settled: 1, failed: 0 })
    await deliverSummary(world)
    expect(await enrichmentOf(world, jobId)).toBe('done')
  })

  it('waits while its task lives, however long (I8)', async () => {
    const { world, asked } = enrichingWorld()
    await endedJob(world)
    const before = await world.works.read(idOf(world))
    for (let hour = 0; hour < 48; hour += 1) {
      expect(await passAfter(world, HOUR_MS)).toMatchObject({ due: { skipped_waiting: 1 } })
    }
    expect(await world.works.read(idOf(world))).toEqual(before)
    expect(asked).toEqual([])
  })

  it('whose task is gone goes on under the next generation', async () => {
    const { world, asked } = enrichingWorld()
    const jobId = await endedJob(world)
    world.summaryTasks.purge()
    expect(await passAfter(world, MINUTE_MS)).toMatchObject({ due: { ensured: 1 } })
    expect(summaryTask(world).task.payload.generation).toBe(1)
    await deliverSummary(world)
    expect(await enrichmentOf(world, jobId)).toBe('done')
    expect(asked).toHaveLength(1)
  })

  it('leaves a holder alone that lives, and replaces the task of one that died', async () => {
    const { world, asked } = enrichingWorld()
    const jobId = await endedJob(world)
    const id = idOf(world)
    const token = 'of a process that dies'
    await world.works.claim({ id, generation: 0, token, leaseMs: 10 * MINUTE_MS })
    world.summaryTasks.purge()
    await world.works.postpone(id, 0)
    expect(await passAfter(world, MINUTE_MS)).toMatchObject({ due: { skipped_live: 1 } })
    expect(world.summaryTasks.live()).toEqual([])
    expect(await passAfter(world, 9 * MINUTE_MS)).toMatchObject({ due: { ensured: 1 } })
    await deliverSummary(world)
    expect(await enrichmentOf(world, jobId)).toBe('done')
    expect(asked).toHaveLength(1)
  })

  it('that ended tells the job what it could not be told', async () => {
    const { world, asked } = enrichingWorld({
      works: (works) => failing(works, { on: 'settle', error: away }),
      store: (store) =>
        failing(store, {
          on: 'noteEnrichment',
          error: away,
          when: (_, notes) => JSON.stringify([...(notes as Map<string, unknown>)]).includes('done'),
        }),
    })
    const jobId = await endedJob(world)
    const { payload } = summaryTask(world).task
    expect(await deliverSummary(world)).toMatchObject({ status: 500 })
    expect(await enrichmentOf(world, jobId)).toBe('running')
    world.summaryTasks.purge()
    // The second thing that fails, in this pass, is forgetting the work.
    expect(await passAfter(world, MINUTE_MS)).toMatchObject({ due: { failed: 1 } })
    expect(await enrichmentOf(world, jobId)).toBe('done')
    expect(await passAfter(world, MINUTE_MS)).toMatchObject({ due: { settled: 1 } })
    expect(await passAfter(world, MINUTE_MS)).toMatchObject({ due: { checked: 0 } })
    await deliverSummary(world, { body: JSON.stringify(payload) })
    expect(asked).toHaveLength(1)
  })

  it('that fails is counted, and jobs are looked after all the same', async () => {
    const { world } = enrichingWorld({
      works: (works) => failing(works, { on: 'due', times: 64, error: away }),
    })
    const jobId = await endedJob(world)
    const counts = await world.recover()
    expect(counts).toMatchObject({ failed: 1 })
    expect(counts).not.toHaveProperty('enrichment')
    expect(world.lines.join('\n')).toContain('enrichment recovery')
    expect(await world.store.view(jobId)).toMatchObject({ status: 'completed' })
  })
})

describe('a sweep over what was announced', () => {
  it('finds what a flushed Redis forgot, and makes each summary once (F56)', async () => {
    const { world, asked } = enrichingWorld()
    await settleIn(world)
    await endedJob(world)
    world.flush()
    world.summaryTasks.purge()
    expect(await settleIn(world)).toContainEqual(
      expect.objectContaining({ conversations: 1, announced: 1, failed: 0 }),
    )
    await deliverSummary(world)
    expect((await conversationOf(world)).listed).toMatchObject({ title: SUMMARY.title })
    expect(await passAfter(world, HOUR_MS)).toMatchObject({ swept: { announced: 0 } })
    expect(asked).toHaveLength(1)
    expect(await summaryObjects(world)).toHaveLength(1)
  })

  it('comes hourly, for keys that were evicted', async () => {
    const { world } = enrichingWorld()
    await settleIn(world)
    const jobId = await endedJob(world)
    world.flushSummaries()
    world.summaryTasks.purge()
    expect(await passAfter(world, MINUTE_MS)).not.toHaveProperty('swept')
    expect(await passAfter(world, HOUR_MS)).toMatchObject({ swept: { announced: 1 } })
    expect(summaryTask(world).task).toMatchObject({ lane: 'backfill', payload: { generation: 0 } })
    expect(await deliverSummary(world)).toMatchObject({ body: { enrichment: 'done' } })
    expect(await world.store.view(jobId)).toMatchObject({ status: 'completed' })
  })

  it('has a summary made anew whose recorded failure an operator deleted', async () => {
    const { world, asked } = enrichingWorld({
      summarize: async () => {
        if (asked.length > 1) return SUMMARY
        throw new TerminalError('unfit', { reasonCode: 'enrichment_invalid_answer' })
      },
    })
    await settleIn(world)
    await endedJob(world)
    expect(await deliverSummary(world)).toMatchObject({ body: { enrichment: 'failed' } })
    expect(await passAfter(world, HOUR_MS)).toMatchObject({ swept: { announced: 0 } })
    for (const name of await world.names('enrichments/')) await world.memory.delete(name)
    expect(await passAfter(world, HOUR_MS)).toMatchObject({ swept: { announced: 1 } })
    await deliverSummary(world)
    expect((await conversationOf(world)).listed).toMatchObject({ title: SUMMARY.title })
  })

  it('costs by the days it is told of, and goes page by page', async () => {
    const listed: string[][] = []
    const { world } = enrichingWorld({
      recovery: { sweepPageObjects: 1 },
      objects: (objects) => ({
        ...objects,
        list: async (prefix, options) => {
          const page = await objects.list(prefix, options)
          if (prefix === 'announced/') listed.push(page.map(({ name }) => name))
          return page
        },
      }),
    })
    await settleIn(world)
    await endedJob(world)
    await world.clock.advance(4 * 24 * HOUR_MS)
    await settleIn(world)
    const [late, later] = [await endedJob(world, 4 * HOUR_MS), await endedJob(world)]
    expect(late).not.toBe(later)
    world.flushSummaries()
    world.summaryTasks.purge()
    listed.length = 0
    expect(await passAfter(world, HOUR_MS)).toMatchObject({ swept: { announced: 1 } })
    expect(await passAfter(world, MINUTE_MS)).toMatchObject({ swept: { announced: 1 } })
    expect(await passAfter(world, MINUTE_MS)).toMatchObject({ swept: { conversations: 0 } })
    expect(listed.map((page) => page.length)).toEqual([1, 1, 0])
    expect(await world.names('announced/')).toHaveLength(3)
    expect(await passAfter(world, MINUTE_MS)).not.toHaveProperty('swept')
  })

  it('that cannot list fails by itself: the pass goes on and no job changes', async () => {
    const { world } = enrichingWorld({
      objects: (objects) =>
        failing(objects, {
          on: 'list',
          when: (prefix) => prefix === 'announced/',
          times: 100,
          error: () => new UnavailableError('503', { party: 'gcs' }),
        }),
    })
    const jobId = await endedJob(world)
    await world.clock.advance(HOUR_MS)
    expect(await world.recover()).toMatchObject({ checked: 0 })
    expect(await world.store.view(jobId)).toMatchObject({ status: 'completed' })
  })
})
