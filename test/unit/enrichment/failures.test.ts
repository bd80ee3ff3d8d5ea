import { describe, expect, it } from 'vitest'
import {
  BusyError,
  enrichmentIdOf,
  RetryableError,
  RunAbortedError,
  TerminalError,
  UnavailableError,
} from '../../../src/kernel/index.ts'
import { failing } from '../../support/failing.ts'
import type { World } from '../../support/world.ts'
import {
  conversationOf,
  deliverSummary,
  endedJob,
  enrichingWorld,
  enrichmentOf,
  SUMMARY,
  summaryTask,
} from './rig.ts'

const upstream = () =>
  new RetryableError('the summary server answered 500', {
    reasonCode: 'enrichment_upstream_error',
  })

describe('a failing provider', () => {
  it('is asked again by the same task, and the job waits meanwhile', async () => {
    const { world, asked } = enrichingWorld({
      summarize: async () => {
        if (asked.length === 1) throw upstream()
        return SUMMARY
      },
    })
    const jobId = await endedJob(world)
    expect(await deliverSummary(world, { retryCount: 0 })).toMatchObject({
      status: 500,
      body: { result: 'retry' },
    })
    expect(await enrichmentOf(world, jobId)).toBe('pending')
    expect(await deliverSummary(world, { retryCount: 1 })).toMatchObject({ status: 200 })
    expect(await enrichmentOf(world, jobId)).toBe('done')
  })

  it('ends as a recorded failure with its code, and the job stays completed (F42, I2, I12)', async () => {
    const { world, asked } = enrichingWorld({
      summarize: async () => {
        throw upstream()
      },
    })
    const jobId = await endedJob(world)
    for (let retryCount = 0; retryCount < 4; retryCount += 1) {
      expect(await deliverSummary(world, { retryCount })).toMatchObject({ status: 500 })
    }
    expect(await deliverSummary(world, { retryCount: 4 })).toEqual({
      status: 200,
      body: {
        result: 'failed_final',
        enrichment: 'failed',
        reason_code: 'enrichment_upstream_error',
      },
    })
    expect(asked).toHaveLength(5)
    expect(await world.store.view(jobId)).toMatchObject({
      status: 'completed',
      enrichment: 'failed',
      enrichmentReasonCode: 'enrichment_upstream_error',
    })
    expect((await conversationOf(world)).listed).toMatchObject({
      enrichment: 'failed',
      enrichment_reason_code: 'enrichment_upstream_error',
    })
    expect(world.summaryTasks.live()).toEqual([])
  })

  it('goes on under the next generation when the platform burnt the deliveries', async () => {
    const { world } = enrichingWorld({
      summarize: async () => {
        throw upstream()
      },
    })
    await endedJob(world)
    expect(await deliverSummary(world, { retryCount: 4 })).toEqual({
      status: 200,
      body: { result: 'continued', generation: 1 },
    })
    expect(summaryTask(world).task.payload.generation).toBe(1)
  })

  it('that is busy costs no attempt, until a day has gone by', async () => {
    const { world } = enrichingWorld({
      summarize: async () => {
        throw new BusyError('the summary server answered 429', { retryAfterMs: 3_600_000 })
      },
    })
    const jobId = await endedJob(world)
    for (let hour = 0; hour < 24; hour += 1) {
      expect(await deliverSummary(world, { retryCount: 0 })).toEqual({
        status: 200,
        body: { result: 'snoozed', generation: hour + 1 },
      })
      await world.clock.advance(3_600_000)
    }
    expect(await deliverSummary(world, { retryCount: 0 })).toMatchObject({
      body: { result: 'failed_final', reason_code: 'enrichment_upstream_error' },
    })
    expect(await enrichmentOf(world, jobId)).toBe('failed')
  })

  it('that is misconfigured waits for an operator instead of failing every conversation', async () => {
    const { world, asked } = enrichingWorld({
      summarize: async () => {
        if (asked.length > 1) return SUMMARY
        throw new TerminalError('the summary server answered 401', {
          reasonCode: 'enrichment_configuration_error',
        })
      },
    })
    const jobId = await endedJob(world)
    expect(await deliverSummary(world)).toMatchObject({ body: { result: 'snoozed' } })
    await world.clock.advance(60_000)
    await deliverSummary(world)
    expect(await enrichmentOf(world, jobId)).toBe('done')
  })

  it('that refuses for good is not asked again', async () => {
    const { world, asked } = enrichingWorld({
      summarize: async () => {
        throw new TerminalError('no usable summary', { reasonCode: 'enrichment_invalid_answer' })
      },
    })
    const jobId = await endedJob(world)
    expect(await deliverSummary(world)).toMatchObject({
      status: 200,
      body: { result: 'done', enrichment: 'failed', reason_code: 'enrichment_invalid_answer' },
    })
    expect(asked).toHaveLength(1)
    expect(await enrichmentOf(world, jobId)).toBe('failed')
  })

  it('that never answers is left when the budget of the attempt is spent', async () => {
    const { world } = enrichingWorld({
      summarize: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    await endedJob(world)
    const answer = deliverSummary(world, { retryCount: 0 })
    await world.clock.advance(150_000)
    expect(await answer).toMatchObject({
      status: 500,
      body: { error: expect.stringContaining('budget') },
    })
    expect(world.clock.sleeping).toBe(0)
  })

  it('gives its attempt back on shutdown', async () => {
    const stop = new AbortController()
    const { world, asked } = enrichingWorld({
      summarize: async ({ signal }) => {
        if (asked.length > 1) return SUMMARY
        stop.abort(new RunAbortedError('shutdown'))
        signal.throwIfAborted()
        return SUMMARY
      },
    })
    await endedJob(world)
    expect(await deliverSummary(world, { stop: stop.signal })).toMatchObject({ status: 500 })
    expect(await deliverSummary(world, { retryCount: 1 })).toMatchObject({ status: 200 })
  })
})

describe('a process that dies in the second stage', () => {
  it('with the summary durable is not paid for again by the next delivery (F26, F57)', async () => {
    const { world, asked } = enrichingWorld({
      works: (works) =>
        failing(works, { on: 'finish', error: new UnavailableError('gone', { party: 'redis' }) }),
    })
    const jobId = await endedJob(world)
    expect(await deliverSummary(world)).toMatchObject({ status: 500 })
    await world.clock.advance(20_000)
    expect(await deliverSummary(world)).toEqual({
      status: 200,
      body: { result: 'done', enrichment: 'done', reconciled: true },
    })
    expect(asked).toHaveLength(1)
    expect(await enrichmentOf(world, jobId)).toBe('done')
  })

  it('again and again ends as a recorded failure', async () => {
    const { world, asked } = enrichingWorld()
    const jobId = await endedJob(world)
    const { payload } = summaryTask(world).task
    for (let death = 0; death < 5; death += 1) {
      const [id] = workIds(world)
      if (id) await world.works.claim({ id, generation: 0, token: `dead-${death}`, leaseMs: 1_000 })
      await world.clock.advance(2_000)
    }
    expect(await deliverSummary(world, { body: JSON.stringify(payload) })).toMatchObject({
      body: { enrichment: 'failed', reason_code: 'enrichment_worker_lost' },
    })
    expect(asked).toEqual([])
    expect(await enrichmentOf(world, jobId)).toBe('failed')
  })
})

function workIds(world: World) {
  const { task } = summaryTask(world)
  const { uid_hash: uidHash, conversation_id: conversationId, revision } = task.payload
  return [enrichmentIdOf({ uidHash, conversationId, revision })]
}
