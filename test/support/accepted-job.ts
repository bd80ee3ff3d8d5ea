import { toneName, tones } from './tones.ts'
import { createWorld, type World, type WorldOptions } from './world.ts'

const START_AGO_MS = 60 * 60 * 1_000

/** A world with one accepted job of two files and three segments: tones 100 and 200, and 300. */
export async function acceptedJob(options: WorldOptions = {}) {
  const world = createWorld(options)
  const start = world.clock.now() - START_AGO_MS
  const job = await world.upload({
    [toneName(start)]: tones([100, 3], [0, 130], [200, 3]),
    [toneName(start + 1_000_000)]: tones([300, 3]),
  })
  return { world, jobId: job.jobId }
}

/** The same objects with an empty job store: Redis was flushed. */
export function worldAfterFlush(world: World): World {
  return createWorld({ objects: () => world.memory })
}
