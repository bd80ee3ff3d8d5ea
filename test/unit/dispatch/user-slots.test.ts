import { describe, expect, test } from 'vitest'
import type { JobId } from '../../../src/kernel/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World, type WorldOptions } from '../../support/world.ts'

const HOUR_MS = 3_600_000

/** One job runs in its user's only slot; a second one was put off. */
async function crowded(options: WorldOptions = {}) {
  const held = Promise.withResolvers<void>()
  const world = createWorld({
    transcribe: async () => {
      await held.promise
      return { text: 'heard', words: [] }
    },
    ...options,
    deps: { userSlots: 1, slotSnoozeMs: 600_000, ...options.deps },
  })
  const upload = (agoMs: number) =>
    world.upload({ [toneName(world.clock.now() - agoMs)]: tones([100, 2]) })
  const first = await upload(HOUR_MS)
  const second = await upload(2 * HOUR_MS)
  const run = take(world, first.jobId)
  await expect.poll(() => world.calls.length).toBe(1)
  expect(await take(world, second.jobId)).toMatchObject({ body: { result: 'snoozed' } })
  return { world, first: first.jobId, second: second.jobId, run, letGo: held.resolve }
}

/** Delivers the job's task that is due, and tells the queue how it went. */
async function take(world: World, jobId: JobId) {
  const due = world.tasks.due().find(({ task }) => task.payload.job_id === jobId)
  if (!due) throw new Error('no task of the job is due')
  const { lane, name, payload } = due.task
  const answer = await world.deliver(jobId, { generation: payload.generation })
  world.tasks.answered(lane, name, answer.status)
  return answer
}

describe('a job that waits for a slot of its user', () => {
  test('is called as soon as the slot is free, not after its snooze, and pays nothing for it', async () => {
    const { world, second, run, letGo } = await crowded()
    const before = world.clock.now()
    letGo()
    expect(await run).toMatchObject({ body: { job_status: 'completed' } })
    expect(await take(world, second)).toMatchObject({ body: { job_status: 'completed' } })
    expect(world.clock.now()).toBe(before)
    expect(await world.records.read(second)).toMatchObject({
      ...{ status: 'completed', attempt: 1, generation: 2, revivals: 0, fruitlessAttempts: 0 },
    })
  })

  test('leaves its task of later in the queue, which is stale when it comes (F24)', async () => {
    const { world, second, run, letGo } = await crowded()
    letGo()
    await run
    expect(await world.deliver(second, { generation: 1 })).toMatchObject({
      body: { result: 'stale_generation', current: 2 },
    })
    await take(world, second)
    await world.clock.advance(600_000)
    const texts = (await world.texts()).flat()
    expect(await take(world, second)).toMatchObject({ status: 200, body: { result: 'acked' } })
    expect((await world.texts()).flat()).toEqual(texts)
  })

  test('is called by recovery when whoever freed the slot died before calling it', async () => {
    const { world, first, second } = await crowded()
    const seen = await world.records.read(first)
    const manifest = await world.archive.readManifest(world.uidHash, first)
    if (!seen || !manifest) throw new Error('nothing to end')
    await world.delivery.endings.endSeen(manifest, seen, { reasonCode: 'sync_operator_failed' })
    expect(world.tasks.due().map(({ task }) => task.payload.job_id)).not.toContain(second)
    expect(await world.recover()).toMatchObject({ ensured: 1 })
    expect(world.tasks.due().map(({ task }) => task.name)).toContain(`${second}-g2`)
    expect(await world.records.read(second)).toMatchObject({ revivals: 0, attempt: 0 })
  })

  test('is found by recovery when the call itself was lost (F47)', async () => {
    let isLost = false
    const { world, second, run, letGo } = await crowded({
      queue: (queue) => ({
        ...queue,
        create: async (...task) =>
          isLost ? { kind: 'uncertain', cause: 'timeout' } : queue.create(...task),
      }),
    })
    isLost = true
    letGo()
    expect(await run).toMatchObject({ body: { job_status: 'completed' } })
    isLost = false
    await world.clock.advance(61_000)
    expect(await world.recover()).toMatchObject({ ensured: 1 })
    expect(await take(world, second)).toMatchObject({ body: { job_status: 'completed' } })
  })
})
