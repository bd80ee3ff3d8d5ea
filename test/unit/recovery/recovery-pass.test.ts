import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { acceptUpload } from '../../../src/intake/index.ts'
import { objectNames, RetryableError, UnavailableError } from '../../../src/kernel/index.ts'
import { recoveryPass } from '../../../src/recovery/index.ts'
import { failing } from '../../support/failing.ts'
import { type Rooms, wireRooms } from '../../support/rooms.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, UID, type World } from '../../support/world.ts'

const HOUR_MS = 3_600_000
const upload = (world: World) =>
  world.upload({ [toneName(world.clock.now() - HOUR_MS)]: tones([100, 3]) })

describe('recovery', () => {
  test('F11: a job whose task was never created gets it by the same name', async () => {
    let lost = true
    const world = createWorld({
      queue: (queue) => ({
        ...queue,
        create: async (...args) =>
          lost ? { kind: 'uncertain', cause: 'timeout' } : queue.create(...args),
      }),
    })
    const { jobId } = await upload(world)
    lost = false
    await world.clock.advance(61_000)
    expect(await world.recover()).toMatchObject({ checked: 1, ensured: 1 })
    expect(await world.tasks.find('fresh', jobId)).toBe('live')
    expect(await world.records.read(jobId)).toMatchObject({ generation: 0, revivals: 0 })
  })

  test('I8: a job whose task is still in the queue is left alone, however old', async () => {
    const world = createWorld()
    const { jobId } = await upload(world)
    for (let day = 0; day < 20; day += 1) {
      await world.clock.advance(24 * HOUR_MS)
      expect(await world.recover()).toMatchObject({ checked: 1, skipped_waiting: 1 })
    }
    expect(await world.records.read(jobId)).toMatchObject({ status: 'queued', generation: 0 })
  })

  test('F14: a burnt name moves the job to its next generation, once for two passes at a time (F45)', async () => {
    const world = createWorld({ transcribe: fails })
    const { jobId } = await upload(world)
    await world.deliver(jobId)
    world.tasks.answered('fresh', jobId, 200)
    await world.clock.advance(61_000)
    const passes = await Promise.all([world.recover(), world.recover()])
    expect(passes.map((p) => p.revived).reduce((a, b) => a + b)).toBe(1)
    expect(await world.records.read(jobId)).toMatchObject({ generation: 1, revivals: 1 })
    expect(await world.tasks.find('fresh', `${jobId}-g1`)).toBe('live')
  })

  test('F48: a job that dies every time is landed truthfully when its revivals are spent', async () => {
    const world = createWorld({ transcribe: fails, deps: { maxFruitlessAttempts: 100 } })
    const { jobId } = await upload(world)
    for (let generation = 0; generation <= 3; generation += 1) {
      const name = generation === 0 ? jobId : `${jobId}-g${generation}`
      await world.deliver(jobId, { generation })
      world.tasks.answered('fresh', name, 200)
      await world.clock.advance(61_000)
      await world.recover()
    }
    expect(await world.records.read(jobId)).toMatchObject({
      status: 'failed',
      outcome: { reasonCode: 'sync_worker_lost', segments: { failed: 1 } },
    })
    expect(await world.names('staging/')).toEqual([])
  })

  test('F46: a live worker is not disturbed', async () => {
    const held = Promise.withResolvers<void>()
    const world = createWorld({
      transcribe: async () => {
        await held.promise
        return { text: 'heard', words: [] }
      },
    })
    const { jobId } = await upload(world)
    const run = world.deliver(jobId)
    await expect.poll(() => world.calls.length).toBe(1)
    await world.clock.advance(120_000)
    const counts = await world.recover()
    expect(counts.revived + counts.ensured + counts.landed).toBe(0)
    held.resolve()
    expect(await run).toMatchObject({ body: { result: 'done' } })
  })

  test('F41: a clean-up that failed is done later (I11)', async () => {
    const world = createWorld({
      objects: (objects) =>
        failing(objects, {
          on: 'delete',
          times: 1,
          error: () => new UnavailableError('503', { party: 'gcs' }),
        }),
    })
    const { jobId } = await upload(world)
    expect(await world.deliver(jobId)).toMatchObject({
      status: 500,
      body: { result: 'terminal_cleanup_retry' },
    })
    expect(await world.names('staging/')).not.toEqual([])
    await world.clock.advance(31_000)
    expect(await world.recover()).toMatchObject({ settled: 1 })
    expect(await world.names('staging/')).toEqual([])
  })

  test('F39: a frozen end is completed by whoever finds it', async () => {
    const world = createWorld({
      objects: (objects) =>
        failing(objects, {
          on: 'create',
          times: 1,
          when: (name) => String(name).startsWith('outcomes/'),
          error: () => new UnavailableError('503', { party: 'gcs' }),
        }),
    })
    const { jobId } = await upload(world)
    expect(await world.deliver(jobId)).toMatchObject({ status: 500 })
    expect(await world.records.view(jobId)).toMatchObject({ status: 'processing' })
    await world.clock.advance(20_000)
    expect(await world.recover()).toMatchObject({ landed: 1 })
    expect(await world.records.read(jobId)).toMatchObject({ status: 'completed', settled: true })
    expect(world.calls).toHaveLength(1)
  })

  test.each([
    ['is revived as a task where there is a queue', true],
    ['is run by the recovering process where there is none', false],
  ])('F8, F33: an inline job whose process died %s', async (_, hasQueue) => {
    const world = createWorld({
      dispatchMode: 'inline',
      ...(hasQueue ? {} : { deps: { enqueueing: undefined } }),
    })
    const { jobId } = await orphaned(world)
    await world.clock.advance(16_000)
    expect(await world.recover()).toMatchObject(hasQueue ? { ensured: 1 } : { revived: 1 })
    if (hasQueue) expect(await world.deliver(jobId)).toMatchObject({ body: { result: 'done' } })
    await world.inline.drained()
    expect(await world.records.read(jobId)).toMatchObject({ status: 'completed', attempt: 2 })
  })

  test('F48: without a queue, too, a job that dies every time is landed', async () => {
    const world = createWorld({ dispatchMode: 'inline', deps: { enqueueing: undefined } })
    const { jobId } = await orphaned(world)
    for (let death = 1; death <= 3; death += 1) {
      await world.clock.advance(16_000)
      const dying = dyingProcess(world)
      const counts = await recoveryPass(dying.recovery, new AbortController().signal)
      expect(counts, `death ${death}`).toMatchObject({ revived: 1 })
      await dying.inline.drained()
    }
    await world.clock.advance(16_000)
    expect(await world.recover()).toMatchObject({ landed: 1 })
    expect(await world.records.read(jobId)).toMatchObject({
      ...{ status: 'failed', revivals: 3 },
      outcome: { reasonCode: 'sync_worker_lost' },
    })
  })

  test('a job without manifest and outcome ends, and says that its audio is gone', async () => {
    const world = createWorld({ dispatchMode: 'inline', deps: { enqueueing: undefined } })
    const { jobId, uidHash } = await queuedInline(world)
    await world.memory.delete(objectNames.manifest(uidHash, jobId))
    await world.clock.advance(61_000)
    expect(await world.recover()).toMatchObject({ landed: 1 })
    expect(await world.records.read(jobId)).toMatchObject({
      status: 'failed',
      outcome: { reasonCode: 'sync_staged_audio_expired' },
    })
  })
})

/** Beside the world's own: it takes jobs and does nothing more. */
function dyingProcess(world: World): Rooms {
  const { clock, memory: objects, records: store, tasks: queue, naming, delivery } = world
  const { speechToText, decoder, detector } = delivery.pipeline
  const rooms = wireRooms({
    ...{ clock, objects, store, queue, naming, speechToText, decoder, detector },
    ...{ events: delivery.events, random: Math.random, dispatchMode: 'inline' },
    deps: { enqueueing: undefined },
  })
  rooms.stop.abort(new Error('killed'))
  return rooms
}

/** A job that was accepted by a process that died as it began: held, and nobody renews it. */
async function orphaned(world: World) {
  const died = dyingProcess(world)
  const { jobId } = await acceptUpload(died.accept, {
    uid: UID,
    conversationId: undefined,
    signal: new AbortController().signal,
    parts: (async function* () {
      const name = toneName(world.clock.now() - HOUR_MS)
      yield { name, body: Readable.from([tones([100, 3])]) }
    })(),
  })
  await died.inline.drained()
  return { jobId }
}

/** An inline job that stands queued: its process was stopped before it ran. */
async function queuedInline(world: World) {
  world.stop.abort(new (await import('../../../src/kernel/index.ts')).RunAbortedError('shutdown'))
  const { jobId } = await upload(world)
  await world.inline.drained()
  return { jobId, uidHash: world.uidHash }
}

async function fails(): Promise<never> {
  throw new RetryableError('always', { reasonCode: 'stt_upstream_error' })
}
