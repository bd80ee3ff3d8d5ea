import { createHash, randomBytes } from 'node:crypto'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../src/adapters/redis/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import {
  contentIdSchema,
  DAY_MS,
  newJobId,
  SCHEMA_VERSION,
  shardOfUid,
  uidHashSchema,
  uidSchema,
} from '../../src/kernel/index.ts'

/** Records of jobs that wait and that nobody looks at for a day. */
export async function seedQueuedJobs(redisUrl: string, user: string, jobs: number): Promise<void> {
  const clock = systemClock()
  const redis = createRedisClient(redisUrl, { commandTimeoutMs: 10_000, onError: () => undefined })
  await connectRedis(redis)
  const store = createRedisJobStore({
    ...{ redis, clock, probe: () => undefined },
    terminalRetentionMs: DAY_MS,
    outcomeRetentionMs: DAY_MS,
  })
  const uid = uidSchema.parse(user)
  const uidHash = uidHashSchema.parse(createHash('md5').update(user).digest('hex'))
  for (let job = 0; job < jobs; job += 1) {
    const at = clock.now() - job * 1_000
    await store.create({
      ...{ uid, uidHash, schemaVersion: SCHEMA_VERSION },
      jobId: newJobId(randomBytes(16), shardOfUid(uid)),
      contentId: contentIdSchema.parse(randomBytes(20).toString('hex')),
      lane: 'fresh',
      dispatchMode: 'cloud_tasks',
      byok: false,
      totalFiles: 1,
      createdAt: at,
      capturedAt: at,
      dueInMs: DAY_MS,
    })
  }
  redis.disconnect()
}
