import * as z from 'zod'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../../src/adapters/redis/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { DAY_MS, objectNames, shardOfJob } from '../../../src/kernel/index.ts'
import { startHttpWorld } from '../../support/http-world.ts'
import { toneName, tones } from '../../support/tones.ts'

/**
 * `node delivery-server.child.ts REDIS_URL`: the real routes and rooms on a real Redis, objects in
 * memory. Told a count, it accepts so many uploads of a moment's silence and names their task bodies.
 */
const [, , url = ''] = process.argv
const redis = createRedisClient(url, { commandTimeoutMs: 5_000, onError: () => undefined })
await connectRedis(redis)
const store = createRedisJobStore({
  ...{ redis, clock: systemClock(), probe: () => undefined },
  terminalRetentionMs: DAY_MS,
  outcomeRetentionMs: DAY_MS,
})
const world = await startHttpWorld({ store: () => store })
const silence = tones([0, 0.1])
let nth = 0

async function prepare(count: number): Promise<string[]> {
  const bodies: string[] = []
  for (let i = 0; i < count; i += 1) {
    nth += 1
    const { jobId } = await world.upload({ [toneName(world.clock.now() - nth * 1_000)]: silence })
    bodies.push(
      JSON.stringify({
        schema_version: 1,
        job_id: jobId,
        uid_shard: shardOfJob(jobId),
        generation: 0,
        manifest: objectNames.manifest(world.uidHash, jobId),
      }),
    )
  }
  return bodies
}

process.on('message', (message) => {
  prepare(z.object({ count: z.int() }).parse(message).count).then(
    (bodies) => process.send?.({ bodies }),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
      process.exit(1)
    },
  )
})
process.send?.({ base: world.base })
process.once('disconnect', () => process.exit(0))
