import * as fc from 'fast-check'
import { expect } from 'vitest'
import { createMemoryJobStore } from '../../../src/adapters/memory/job-store.ts'
import { shardOfJob } from '../../../src/kernel/index.ts'
import { simulatedClock } from '../../support/simulated-clock.ts'
import { LONG_RETENTION } from './harness.ts'
import { aCast, aStage, look, play, type Step, scrub, stepArbitrary } from './model.ts'
import type { RedisJobStores } from './stores.ts'

const birth = { kind: 'create', held: false, void: false, dueInMs: 0, key: undefined } as const
const BIRTHS: readonly Step[] = [
  { ...birth, job: 0 },
  { ...birth, job: 2 },
]

/** Plays random lives on both stores; every answer and everything visible is the same after each step. */
export async function expectSameAnswers(redis: RedisJobStores, numRuns: number): Promise<void> {
  const lives = fc.array(stepArbitrary, { minLength: 1, maxLength: 24, size: 'max' })
  await fc.assert(
    fc.asyncProperty(lives, fc.boolean(), async (steps, isForgetful) => {
      const retention = isForgetful
        ? { terminalRetentionMs: 0, outcomeRetentionMs: 0 }
        : LONG_RETENTION
      const clock = simulatedClock()
      const cast = aCast()
      const shard = shardOfJob(cast.jobs[0]?.jobId ?? fail())
      const real = aStage((await redis.make(retention)).store)
      const twin = aStage(createMemoryJobStore({ clock, ...retention }))
      for (const step of [...BIRTHS, ...steps]) {
        clock.jumpWall((await redis.now()) - clock.now())
        const answers = [await play(cast, real, step), await play(cast, twin, step)]
        expect(scrub(answers[1]), JSON.stringify(step)).toEqual(scrub(answers[0]))
        const seen = [await look(cast, real, shard), await look(cast, twin, shard)]
        expect(seen[1], `after ${JSON.stringify(step)}`).toEqual(seen[0])
      }
    }),
    { numRuns },
  )
}

function fail(): never {
  throw new Error('the cast has no job')
}
