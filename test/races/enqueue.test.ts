import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type JobId, taskName } from '../../src/kernel/index.ts'
import type { TasksFault } from '../../src/local/tasks/index.ts'
import { type CloudQueue, startCloudQueue } from '../conformance/task-queue/cloud-subject.ts'
import { createWorld, type World, type WorldOptions } from '../support/world.ts'
import { filesOf, recordOf } from './rig.ts'

const [DENIED, EXHAUSTED, UNAVAILABLE] = [7, 8, 14]
/** So that no case waits for the whole patience of the client. */
const RPC_TIMEOUT_MS = 900

describe('an upload whose task', () => {
  let started: CloudQueue | undefined
  beforeAll(async () => {
    started = await startCloudQueue()
  })
  afterEach(() => started?.server.faults.clear())
  afterAll(() => started?.close())
  const cloud = (): CloudQueue => {
    if (!started) throw new Error('the server starts before the first case')
    return started
  }
  const arm = (fault: Partial<TasksFault>) =>
    cloud().server.faults.add({
      ...{ on: 'rpc', kind: 'error', method: 'CreateTask', code: UNAVAILABLE },
      ...fault,
    } as TasksFault)

  /** The rooms on the real client and a queue of that name that delivers in an hour. */
  async function uploaded(
    options: WorldOptions & { readonly queueId?: string; readonly betweenTries?: () => void } = {},
  ): Promise<{ readonly world: World; readonly jobId: JobId }> {
    const { queueId = 'fresh' } = options
    const real = cloud().queueWith({
      rpcTimeoutMs: RPC_TIMEOUT_MS,
      // Asked for the pause between two tries.
      random: () => {
        options.betweenTries?.()
        return 0
      },
      queues: { fresh: queueId, backfill: queueId },
    })
    const world = createWorld({
      ...options,
      // Names stay burnt on the server: every world has its own.
      deps: { randomBytes },
      queue: () => ({
        ...real,
        create: (task) => real.create({ ...task, notBefore: Date.now() + 3_600_000 }),
      }),
    })
    const { jobId } = await world.upload(filesOf(world))
    return { world, jobId }
  }
  const isLive = (jobId: JobId, generation = 0) =>
    cloud().queue.find('fresh', taskName(jobId, generation))
  const untouched = async (world: World, jobId: JobId) => {
    expect(await recordOf(world, jobId)).toMatchObject({ status: 'queued', attempt: 0 })
    expect(await world.names('staging/')).toHaveLength(3)
    expect(world.calls).toEqual([])
  }
  const told = (world: World, name: string) => world.lines.filter((line) => line.includes(name))

  test('was made, the answer lost: is accepted with that one task, and run by nobody here (F12)', async () => {
    arm({ when: 'after' })
    const { world, jobId } = await uploaded()
    expect(await isLive(jobId)).toBe('live')
    await untouched(world, jobId)
  })

  test('was not made at first: is made by the same name (F13)', async () => {
    arm({ kind: 'hang', when: 'before' })
    const { world, jobId } = await uploaded()
    expect(await isLive(jobId)).toBe('live')
    await untouched(world, jobId)
  })

  test('may have been made, nobody knows: is accepted, nothing is deleted or run here, and recovery asks (F12, I1)', async () => {
    arm({ when: 'after', times: -1 })
    const { world, jobId } = await uploaded()
    await untouched(world, jobId)
    cloud().server.faults.clear()
    await world.clock.advance(61_000)
    expect(await world.recover()).toMatchObject({ skipped_waiting: 1, ensured: 0 })
  })

  test('is refused only after a try that may have made it: runs nowhere here (F53)', async () => {
    arm({ when: 'after' })
    const { world, jobId } = await uploaded({ betweenTries: () => arm({ code: DENIED }) })
    await world.inline.drained()
    await untouched(world, jobId)
  })

  test('the queue has no room for: is accepted, and recovery makes it later (F16)', async () => {
    arm({ code: EXHAUSTED })
    const { world, jobId } = await uploaded()
    await untouched(world, jobId)
    expect(await isLive(jobId)).toBe('gone')
    await world.clock.advance(61_000)
    expect(await world.recover()).toMatchObject({ ensured: 1 })
    expect(await isLive(jobId)).toBe('live')
    expect(await recordOf(world, jobId)).toMatchObject({ generation: 0, revivals: 0 })
  })

  test('finds its queue down: is accepted, and recovery makes it when the queue is back (F53)', async () => {
    arm({ times: -1 })
    const { world, jobId } = await uploaded()
    for (let pass = 0; pass < 2; pass += 1) {
      await world.clock.advance(61_000)
      expect(await world.recover()).toMatchObject({ unproven: 1 })
    }
    cloud().server.faults.clear()
    await world.clock.advance(61_000)
    expect(await world.recover()).toMatchObject({ ensured: 1 })
    expect(await isLive(jobId)).toBe('live')
    await untouched(world, jobId)
  })

  test.each([
    ['for want of permission', 'fresh', DENIED],
    ['for want of a queue', 'absent', undefined],
  ])(
    'is refused %s: is run here under its claim where CPU outlasts the answer (F16, F53)',
    async (_, queueId, code) => {
      if (code !== undefined) arm({ code })
      const held = Promise.withResolvers<void>()
      const { world, jobId } = await uploaded({
        queueId,
        transcribe: async () => {
          await held.promise
          return { text: 'heard', words: [] }
        },
      })
      await expect.poll(() => world.calls.length).toBe(2)
      expect(await world.deliver(jobId)).toMatchObject({ status: 409 })
      await world.clock.advance(61_000)
      expect(await world.recover()).toMatchObject({ ensured: 0, revived: 0 })
      held.resolve()
      await world.inline.drained()
      expect(await recordOf(world, jobId)).toMatchObject({ status: 'completed', attempt: 1 })
      expect(world.calls).toHaveLength(2)
      expect(told(world, 'enqueue_fell_back')[0]).toContain('"severity":"WARNING"')
    },
  )

  test('is refused where CPU ends with the answer: is accepted, an alert is logged, recovery makes it (F16, F53)', async () => {
    arm({ code: DENIED })
    const { world, jobId } = await uploaded({ worksAfterResponse: false })
    await world.inline.drained()
    await untouched(world, jobId)
    expect(told(world, 'enqueue_fell_back')[0]).toContain('"severity":"ERROR"')
    await world.clock.advance(61_000)
    expect(await world.recover()).toMatchObject({ ensured: 1 })
    expect(await isLive(jobId)).toBe('live')
  })
})
