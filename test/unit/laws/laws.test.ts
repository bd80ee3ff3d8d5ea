import * as fc from 'fast-check'
import { describe, expect, inject, test } from 'vitest'
import { type StoryFigures, tell } from './laws.ts'
import { storyArbitrary } from './steps.ts'

/**
 * By default the same stories every time, so that a red run is the change's doing. `LAWS_RUNS=50000`
 * tells as many new ones; a failure prints its seed.
 */
const asked = inject('findOptions').environment['LAWS_RUNS']
const runs = Number(asked ?? 1_000)
const seed = asked === undefined ? { seed: 20_260_101 } : {}
const MAX_STEPS = 40

describe('whatever happens to uploads, tasks, processes and stores', () => {
  test(
    'I1 to I12 hold at every step, and everything accepted comes to a true end',
    async () => {
      const figures: StoryFigures[] = []
      await fc.assert(
        fc.asyncProperty(storyArbitrary(MAX_STEPS), async (story) => {
          figures.push(await tell(story))
        }),
        { numRuns: runs, ...seed },
      )
      expect(figures.length).toBeGreaterThanOrEqual(runs)
    },
    30_000 + runs * 200,
  )
})
