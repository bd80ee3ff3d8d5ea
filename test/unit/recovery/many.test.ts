import { describe, expect, test } from 'vitest'
import { UnavailableError } from '../../../src/kernel/index.ts'
import type { TaskQueue } from '../../../src/ports/index.ts'
import { type PassCounts, recoveryPass } from '../../../src/recovery/index.ts'
import { failing } from '../../support/failing.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const never = new AbortController().signal

/** So many accepted jobs, each of its own content. */
async function uploads(world: World, count: number) {
  const start = world.clock.now() - 2 * HOUR_MS
  const jobs: Awaited<ReturnType<World['upload']>>[] = []
  for (let n = 0; n < count; n += 1) {
    const body = tones([1 + (n % 30_000), 0.01])
    jobs.push(await world.upload({ [toneName(start + n * 1_000)]: body }))
  }
  return jobs
}

describe('many jobs', () => {
  test('I8: five thousand in a paused queue wait for hours: none is failed, none is enqueued again', async () => {
    let created = 0
    const world = createWorld({
      recovery: { batchSize: 10_000 },
      queue: (queue) => ({
        ...queue,
        create: async (task) => {
          created += 1
          return queue.create(task)
        },
      }),
    })
    const jobs = await uploads(world, 5_000)
    expect(created).toBe(5_000)
    const looks = { checked: 0, skipped_waiting: 0, failed: 0 }
    for (let quarter = 0; quarter < 24; quarter += 1) {
      await world.clock.advance(15 * MINUTE_MS)
      const counts = await world.recover()
      for (const word of ['checked', 'skipped_waiting', 'failed'] as const)
        looks[word] += counts[word]
    }
    expect(looks).toMatchObject({ skipped_waiting: looks.checked, failed: 0 })
    expect(looks.checked).toBeGreaterThan(5_000)
    expect(created).toBe(5_000)
    for (const { jobId } of jobs.filter((_, n) => n % 97 === 0)) {
      expect(await world.records.read(jobId)).toMatchObject({
        status: 'queued',
        generation: 0,
        revivals: 0,
      })
    }
  }, 120_000)

  test('F66: a queue that is gone for an hour costs no revival, and all are enqueued after', async () => {
    let isGone = false
    const queue = (real: TaskQueue): TaskQueue => ({
      create: async (task) =>
        isGone ? { kind: 'refused', cause: 'NOT_FOUND' } : real.create(task),
      find: async (lane, name) => (isGone ? 'gone' : real.find(lane, name)),
    })
    const world = createWorld({ queue })
    const jobs = await uploads(world, 1_000)
    isGone = true
    world.tasks.purge()
    for (let minute = 0; minute < 60; minute += 5) {
      await world.clock.advance(5 * MINUTE_MS)
      expect(await world.recover()).toMatchObject({ landed: 0, revived: 0 })
    }
    isGone = false
    for (let minute = 0; minute < 30; minute += 1) {
      await world.clock.advance(MINUTE_MS)
      await world.recover()
    }
    expect(world.tasks.live()).toHaveLength(1_000)
    for (const { jobId } of jobs.filter((_, n) => n % 53 === 0)) {
      expect(await world.records.read(jobId)).toMatchObject({
        status: 'queued',
        generation: 1,
        revivals: 0,
      })
    }
  }, 120_000)

  test('F49: tasks that are made in one pass are spread over a minute, the first at once', async () => {
    const world = createWorld({ recovery: { batchSize: 2_000 } })
    await uploads(world, 1_200)
    world.tasks.purge()
    await world.clock.advance(MINUTE_MS)
    expect(await world.recover()).toMatchObject({ revived: 1_200 })
    const waits = world.tasks.live().map(({ dueAt }) => dueAt - world.clock.now())
    expect(Math.min(...waits)).toBeLessThanOrEqual(0)
    expect(Math.max(...waits)).toBeGreaterThan(40_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000)
  }, 60_000)

  test('F50: those that cannot be looked at do not keep the others from being seen', async () => {
    const broken = new Set<string>()
    const world = createWorld({
      recovery: { batchSize: 10 },
      queue: (queue) =>
        failing(queue, {
          on: 'find',
          times: Number.POSITIVE_INFINITY,
          when: (_, name) => broken.has(String(name)),
          error: () => new UnavailableError('no answer', { party: 'tasks' }),
        }),
    })
    const jobs = await uploads(world, 30)
    for (const { jobId } of jobs.slice(0, 20)) broken.add(jobId)
    world.tasks.purge()
    await world.clock.advance(MINUTE_MS)
    const passes: PassCounts[] = []
    for (let n = 0; n < 3; n += 1) passes.push(await world.recover())
    const sum = (word: 'failed' | 'revived') =>
      passes.reduce((all, counts) => all + counts[word], 0)
    expect([sum('failed'), sum('revived')]).toEqual([20, 10])
  })
})

describe('ten reapers at once', () => {
  test('F45: revive a job once', async () => {
    const world = createWorld()
    const [job] = await uploads(world, 1)
    world.tasks.purge()
    await world.clock.advance(MINUTE_MS)
    const passes = await Promise.all(
      Array.from({ length: 10 }, () => recoveryPass(world.recovery, never)),
    )
    expect(passes.reduce((sum, { revived }) => sum + revived, 0)).toBe(1)
    expect(await world.records.read(job?.jobId ?? fail())).toMatchObject({ generation: 1 })
    expect(world.tasks.live()).toHaveLength(1)
  })

  test('F45: also when none keeps to the lease of the shard', async () => {
    const world = createWorld({
      store: (store) => ({
        ...store,
        beginPass: async () => ({ kind: 'taken', lostSince: undefined }),
      }),
    })
    const [job] = await uploads(world, 1)
    world.tasks.purge()
    await world.clock.advance(MINUTE_MS)
    const passes = await Promise.all(
      Array.from({ length: 10 }, () => recoveryPass(world.recovery, never)),
    )
    const sum = (word: 'revived' | 'raced') => passes.reduce((all, counts) => all + counts[word], 0)
    expect(sum('revived')).toBe(1)
    expect(await world.records.read(job?.jobId ?? fail())).toMatchObject({ generation: 1 })
    expect(world.tasks.live()).toHaveLength(1)
  })

  test('F47: one that dies before it made the new task is followed by one that makes it by that name', async () => {
    let dies = true
    const world = createWorld({
      queue: (queue) => ({
        ...queue,
        create: async (task) =>
          dies && task.name.endsWith('-g1')
            ? { kind: 'uncertain', cause: 'killed' }
            : queue.create(task),
      }),
    })
    const [job] = await uploads(world, 1)
    world.tasks.purge()
    await world.clock.advance(MINUTE_MS)
    await world.recover()
    expect(world.tasks.live()).toEqual([])
    dies = false
    await world.clock.advance(2 * MINUTE_MS)
    expect(await world.recover()).toMatchObject({ ensured: 1 })
    expect(world.tasks.live().map(({ task }) => task.name)).toEqual([`${job?.jobId}-g1`])
    expect(await world.records.read(job?.jobId ?? fail())).toMatchObject({
      generation: 1,
      revivals: 0,
    })
  })

  test('F51: a job that nobody ever claimed says so once its audio has expired', async () => {
    const world = createWorld()
    const [job] = await uploads(world, 1)
    for (const name of await world.names('staging/')) await world.memory.delete(name)
    await world.clock.advance(45 * 24 * HOUR_MS)
    expect(await world.recover()).toMatchObject({ skipped_waiting: 1 })
    world.tasks.purge()
    await world.clock.advance(HOUR_MS)
    expect(await world.recover()).toMatchObject({ landed: 1 })
    expect(await world.records.read(job?.jobId ?? fail())).toMatchObject({
      status: 'failed',
      outcome: { reasonCode: 'sync_dispatch_lost' },
    })
  })
})

function fail(): never {
  throw new Error('no job')
}
