import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import { createArchive } from '../../../src/durable/index.ts'
import { readUsage } from '../../../src/fair-use/index.ts'
import {
  HOUR_MS,
  MINUTE_MS,
  RetryableError,
  RunAbortedError,
  SECOND_MS,
  UnavailableError,
} from '../../../src/kernel/index.ts'
import { pushTask } from '../../support/push-task.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'
import { metered } from './speaking.ts'

/** Seconds of speech of each recording; the last is kept for the end. */
const SECONDS = [1, 2, 3, 1.5]
const LAST_SECONDS = 4
const TOTAL_MS = [...SECONDS, LAST_SECONDS].reduce((a, b) => a + b, 0) * SECOND_MS

const TROUBLES = [
  'none',
  'provider fails',
  'provider is stopped',
  'meter is down',
  'meter reply is lost',
  'transcript reply is lost',
] as const
type Trouble = (typeof TROUBLES)[number]

const step = fc.oneof(
  fc.record({ do: fc.constant('upload' as const), files: fc.integer({ min: 1, max: 15 }) }),
  fc.record({ do: fc.constant('push' as const), trouble: fc.constantFrom(...TROUBLES) }),
  fc.record({
    do: fc.constant('push all at once' as const),
    trouble: fc.constantFrom(...TROUBLES),
  }),
  fc.record({ do: fc.constant('flush' as const) }),
  fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(20, 400) }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A world in which one thing at a time can go wrong, once. */
function troubledWorld() {
  let trouble: Trouble = 'none'
  let stop = new AbortController()
  const meets = (what: Trouble) => {
    if (trouble !== what) return false
    trouble = 'none'
    return true
  }
  const world = createWorld({
    transcribe: async ({ pcm }) => {
      if (meets('provider fails')) throw new RetryableError('no')
      if (meets('provider is stopped')) stop.abort(new RunAbortedError('shutdown'))
      return { text: `said ${pcm[0]}`, words: [] }
    },
    objects: (objects) => ({
      ...objects,
      create: async (name, ...rest) => {
        const answer = await objects.create(name, ...rest)
        if (name.startsWith('transcripts/') && meets('transcript reply is lost')) {
          throw new UnavailableError('no reply', { party: 'gcs' })
        }
        return answer
      },
    }),
    fairUse: {
      meter: (meter) => ({
        ...meter,
        count: async (...asked) => {
          if (meets('meter is down')) throw new UnavailableError('down', { party: 'redis' })
          const answer = await meter.count(...asked)
          if (meets('meter reply is lost')) {
            throw new UnavailableError('no reply', { party: 'redis' })
          }
          return answer
        },
      }),
    },
  })
  return {
    world,
    /** Pushes the tasks with this trouble ahead. */
    push: async (tasks: ReturnType<World['tasks']['due']>, ahead: Trouble = 'none') => {
      trouble = ahead
      stop = new AbortController()
      await Promise.all(tasks.map((task) => pushTask(world, task, stop.signal)))
      trouble = 'none'
    },
  }
}

async function tell(steps: readonly Step[]) {
  const { world, push } = troubledWorld()
  const start = world.clock.now()
  const recordings = SECONDS.map((seconds, i) => ({
    name: toneName(start - (i + 2) * HOUR_MS),
    body: tones([100 + i, seconds]),
  }))
  const upload = (files: number) =>
    world.upload(
      Object.fromEntries(
        recordings.filter((_, i) => files & (1 << i)).map(({ name, body }) => [name, body]),
      ),
    )
  for (const each of steps) {
    if (each.do === 'upload') await upload(each.files)
    else if (each.do === 'push') await push(world.tasks.due().slice(0, 1), each.trouble)
    else if (each.do === 'push all at once') await push(world.tasks.due(), each.trouble)
    else if (each.do === 'flush') world.rig?.flush()
    else await world.clock.advance(each.seconds * SECOND_MS)
  }
  await upload(15)
  await world.upload({ [toneName(start - HOUR_MS)]: tones([99, LAST_SECONDS]) })
  for (let i = 0; i < 100 && world.tasks.live().length > 0; i += 1) {
    await push(world.tasks.due())
    await world.clock.advance(MINUTE_MS)
  }
  return world
}

test('the meter equals the speech, once, under retries, duplicates, re-batching, lost replies and flushes (I5)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const world = await tell(steps)
      const usage = await readUsage(
        {
          objects: world.memory,
          archive: createArchive({ objects: world.memory, checksum: createCrc32c }),
          events: world.delivery.events,
        },
        world.uidHash,
        { fromMs: 0, toMs: Number.POSITIVE_INFINITY },
      )
      expect(usage.billed).toMatchObject([{ segments: 5, speechMs: TOTAL_MS }])
      // A flush in the very last steps leaves a meter that the next use restores.
      expect([TOTAL_MS, undefined]).toContain(await metered(world))
      await world.upload({ [toneName(world.clock.now())]: tones([98, 1]) })
      for (const task of world.tasks.due()) await pushTask(world, task)
      expect(await metered(world)).toBe(TOTAL_MS + SECOND_MS)
    }),
    { numRuns: 60, seed: 20_260_101 },
  )
}, 120_000)
