import { expect, test } from 'vitest'
import { HOUR_MS, SECOND_MS, uidSchema } from '../../../src/kernel/index.ts'
import { pushTask } from '../../support/push-task.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'

const HEAVY = 50
const LIGHT = 60
const QUEUED = 500
const PLACES = 3

/** Places of the queue: each takes the earliest task that is due and nobody has. */
async function pushAll(world: World, places: number): Promise<void> {
  const taken = new Set<string>()
  const place = async () => {
    for (;;) {
      const next = world.tasks.due().find(({ task }) => !taken.has(task.name))
      if (!next) return
      taken.add(next.task.name)
      await pushTask(world, next)
    }
  }
  await Promise.all(Array.from({ length: places }, place))
}

test('a user with 500 queued jobs delays another one by no more than the jobs that run', async () => {
  const running = Promise.withResolvers<void>()
  const started: number[] = []
  const world = createWorld({
    transcribe: async ({ pcm }) => {
      started.push(pcm[0] ?? 0)
      if (pcm[0] === HEAVY) await running.promise
      return { text: 'said', words: [] }
    },
  })
  const now = world.clock.now()
  const upload = (level: number, agoMs: number, uid: string) =>
    world.upload({ [toneName(now - agoMs)]: tones([level, 1]) }, { uid: uidSchema.parse(uid) })
  for (let i = 0; i < QUEUED; i += 1) await upload(HEAVY, HOUR_MS - i * SECOND_MS, 'heavy')
  const light = await upload(LIGHT, HOUR_MS, 'light')

  const pushed = pushAll(world, PLACES)
  const isDone = async () => (await world.records.read(light.jobId))?.status === 'completed'
  await expect.poll(isDone, { timeout: 20_000 }).toBe(true)
  expect(started.sort()).toEqual([HEAVY, HEAVY, LIGHT])
  expect(world.clock.now()).toBe(now)
  const waiting = world.tasks.live().filter(({ dueAt }) => dueAt > now)
  expect(waiting).toHaveLength(QUEUED - 2)
  const [first] = waiting
  const put = first && (await world.records.read(first.task.payload.job_id))
  expect(put).toMatchObject({ status: 'queued', waitingFor: 'capacity', attempt: 0 })
  running.resolve()
  await pushed
}, 60_000)
