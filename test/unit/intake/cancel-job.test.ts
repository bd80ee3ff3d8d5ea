import { describe, expect, test } from 'vitest'
import { cancelJob } from '../../../src/intake/index.ts'
import {
  DAY_MS,
  type JobId,
  jobIdSchema,
  objectNames,
  RetryableError,
  UnavailableError,
  uidSchema,
} from '../../../src/kernel/index.ts'
import { findStatus } from '../../../src/status/index.ts'
import { failing } from '../../support/failing.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World, type WorldOptions } from '../../support/world.ts'

const down = (party: string) => () => new UnavailableError('down', { party })
const cancel = (world: World, jobId: JobId) => cancelJob(world.delivery, world.uidHash, jobId)

async function statusOf(world: World, jobId: JobId) {
  const found = await findStatus({ ...world.delivery, clockSkewMs: 3_000 }, world.uidHash, jobId)
  return found.kind === 'found' ? found.view : undefined
}

/** Two speech segments; the first lands and the second is refused for now. */
async function halfLanded(options: WorldOptions = {}) {
  const world = createWorld({
    transcribe: async ({ pcm }) => {
      if (pcm.includes(200)) throw new RetryableError('flaky', { reasonCode: 'stt_upstream_error' })
      return { text: `tone ${Math.max(...pcm)}`, words: [] }
    },
    ...options,
  })
  const files = { [toneName(world.clock.now() - 3_600_000)]: tones([100, 3], [0, 130], [200, 3]) }
  const { jobId } = await world.upload(files)
  expect(await world.deliver(jobId)).toMatchObject({ status: 500 })
  return { world, files, jobId }
}

/** A job nobody has begun. */
async function waiting(options: WorldOptions = {}) {
  const world = createWorld(options)
  const files = { [toneName(world.clock.now() - 3_600_000)]: tones([100, 3]) }
  const { jobId } = await world.upload(files)
  return { world, files, jobId }
}

describe('a cancelled job', () => {
  test('of which nothing landed is failed, says why, and leaves nothing staged', async () => {
    const { world, jobId } = await waiting()
    expect(await cancel(world, jobId)).toBe('ended')
    expect(await statusOf(world, jobId)).toMatchObject({
      status: 'failed',
      segments: { total: 1, successful: 0, failed: 1 },
      outcome: { reasonCode: 'sync_cancelled', error: 'The job was cancelled.' },
    })
    expect(await world.names('staging/')).toEqual([])
    expect(await world.records.read(jobId)).toMatchObject({ settled: true })
    expect(await world.deliver(jobId)).toMatchObject({ status: 200, body: { result: 'acked' } })
    expect(world.calls).toEqual([])
  })

  test('keeps what landed, and counts it (I4)', async () => {
    const { world, jobId } = await halfLanded()
    expect(await cancel(world, jobId)).toBe('ended')
    expect(await statusOf(world, jobId)).toMatchObject({
      status: 'partial_failure',
      segments: { total: 2, successful: 1, failed: 1 },
      outcome: { reasonCode: 'sync_cancelled' },
    })
    expect(await world.texts()).toEqual([['tone 100']])
  })

  test('is told in the log, with its user’s hash', async () => {
    const { world, jobId } = await waiting()
    await cancel(world, jobId)
    const line = world.lines.find((each) => each.includes('Status rewritten'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      ...{ jobId, uidHash: world.uidHash, from: 'queued', to: 'failed' },
      ...{ reason: 'sync_cancelled', by: 'user' },
    })
  })

  test('that is cancelled again, or had ended before, keeps its end (I2)', async () => {
    const { world, jobId } = await waiting()
    await world.deliver(jobId)
    const end = await statusOf(world, jobId)
    expect(end).toMatchObject({ status: 'completed' })
    for (let i = 0; i < 2; i += 1) expect(await cancel(world, jobId)).toBe('ended')
    expect(await statusOf(world, jobId)).toEqual(end)
    expect(world.lines.some((line) => line.includes('Status rewritten'))).toBe(false)
  })

  test('whose end is frozen already is brought to that end (I2)', async () => {
    const { world, jobId } = await waiting({
      store: (store) => failing(store, { on: 'finalize', error: down('redis') }),
    })
    expect(await world.deliver(jobId)).toMatchObject({ status: 500 })
    expect(await statusOf(world, jobId)).toMatchObject({ status: 'processing' })
    expect(await cancel(world, jobId)).toBe('ended')
    expect(await statusOf(world, jobId)).toMatchObject({ status: 'completed' })
    expect(await world.names('staging/')).toEqual([])
  })

  test('F63: that Redis forgot is brought back from its manifest and ends', async () => {
    const { world: lost, jobId } = await waiting()
    const world = createWorld({ objects: () => lost.memory })
    expect(await cancel(world, jobId)).toBe('ended')
    expect(await statusOf(world, jobId)).toMatchObject({
      status: 'failed',
      outcome: { reasonCode: 'sync_cancelled' },
    })
    expect(await world.names('staging/')).toEqual([])
  })

  test('F63: keeps its end when Redis forgets it, and is not run again', async () => {
    const { world: lost, jobId } = await waiting()
    await cancel(lost, jobId)
    const world = createWorld({ objects: () => lost.memory })
    expect(await cancel(world, jobId)).toBe('ended')
    expect(await statusOf(world, jobId)).toMatchObject({
      status: 'failed',
      outcome: { reasonCode: 'sync_cancelled' },
    })
    expect(await world.deliver(jobId)).toMatchObject({ status: 200, body: { result: 'acked' } })
    expect(world.calls).toEqual([])
  })

  test('whose manifest is gone ends by what its record counts', async () => {
    const { world, jobId } = await halfLanded()
    await world.memory.delete(objectNames.manifest(world.uidHash, jobId))
    expect(await cancel(world, jobId)).toBe('ended')
    expect(await statusOf(world, jobId)).toMatchObject({
      status: 'failed',
      segments: { successful: 1 },
      outcome: { reasonCode: 'sync_cancelled' },
    })
  })

  test('of another user is left alone, and one that never was is unknown', async () => {
    const { world, jobId } = await waiting()
    const { naming, delivery } = world
    const other = naming.uidHash(uidSchema.parse('user-2'))
    expect(await cancelJob(delivery, other, jobId)).toBe('foreign')
    expect(await statusOf(world, jobId)).toMatchObject({ status: 'queued' })
    const nobodys = jobIdSchema.parse('00000000-0000-4000-8000-000000000000')
    expect(await cancel(world, nobodys)).toBe('unknown')
  })

  test('is answered as unavailable, not as cancelled, while the store cannot be asked', async () => {
    const { world, jobId } = await waiting({
      store: (store) => failing(store, { on: 'overrideEnding', error: down('redis') }),
    })
    await expect(cancel(world, jobId)).rejects.toMatchObject({ party: 'redis' })
    expect(await statusOf(world, jobId)).toMatchObject({ status: 'queued' })
    expect(await cancel(world, jobId)).toBe('ended')
  })

  const deaths = [
    ['its end is frozen', 'overrideEnding', true],
    ['the record is terminal', 'finalize', true],
    ['the clean-up is done', 'settle', false],
  ] as const
  test.each(deaths)(
    'whose process dies when %s is finished by recovery (I1)',
    async (_, on, after) => {
      const { world, jobId } = await waiting({
        store: (store) => failing(store, { on, after, error: down('redis') }),
      })
      await cancel(world, jobId).catch(() => undefined)
      await world.clock.advance(31_000)
      await world.recover()
      expect(await statusOf(world, jobId)).toMatchObject({
        status: 'failed',
        outcome: { reasonCode: 'sync_cancelled' },
      })
      expect(await world.records.read(jobId)).toMatchObject({ settled: true })
      expect(await world.names('staging/')).toEqual([])
    },
  )
})

describe('a re-upload of cancelled content', () => {
  test('is answered with the ended job and stages nothing, for as long as its record is kept (I7)', async () => {
    const { world, files, jobId } = await waiting()
    await cancel(world, jobId)
    const again = { jobId, status: 'failed', outcome: { reasonCode: 'sync_cancelled' } }
    expect(await world.upload(files)).toMatchObject(again)
    await world.clock.advance(2 * DAY_MS - 1_000)
    expect(await world.upload(files)).toMatchObject(again)
    expect(await world.names('staging/')).toEqual([])
    await world.clock.advance(2_000)
    const fresh = await world.upload(files)
    expect(fresh).toMatchObject({ status: 'queued' })
    expect(await world.deliver(fresh.jobId)).toMatchObject({ body: { job_status: 'completed' } })
  })

  test('of which all had landed is the completed job (I6)', async () => {
    const { world, files, jobId } = await waiting({
      store: (store) => failing(store, { on: 'beginEnding', error: down('redis') }),
    })
    expect(await world.deliver(jobId)).toMatchObject({ status: 500 })
    await cancel(world, jobId)
    expect(await statusOf(world, jobId)).toMatchObject({ status: 'completed' })
    expect(await world.upload(files)).toMatchObject({ jobId, status: 'completed' })
  })
})
