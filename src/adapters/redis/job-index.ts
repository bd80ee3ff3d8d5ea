import { jobIdSchema } from '../../kernel/index.ts'
import { compareIndexed, type IndexedJob, type JobIndex } from '../../ports/index.ts'
import { keys } from './keys.ts'
import type { RedisClient } from './redis-client.ts'
import type { ScriptRunner } from './script-runner.ts'

/** Jobs of one shard that share their millisecond with the cursor; more than a shard ever has. */
const TIES = 32

/** Sorted sets that the transitions keep: `live` by creation, `ended:{status}` by end. */
export function createJobIndex(redis: RedisClient, scripts: Pick<ScriptRunner, 'call'>): JobIndex {
  return {
    pageOfJobs: async ({ shard, state, before, limit }) => {
      const flat = await scripts.call(() =>
        redis.zrevrangebyscore(
          keys.indexed(shard, state),
          before?.at ?? '+inf',
          '-inf',
          'WITHSCORES',
          'LIMIT',
          0,
          // Without a cursor nothing is passed over: Redis settles ties as we do.
          limit + (before ? TIES : 0),
        ),
      )
      const found = pairs(flat).filter((job) => !before || compareIndexed(before, job) < 0)
      return found.sort(compareIndexed).slice(0, limit)
    },
    countEnded: (shard, status, { fromAt, toAt }) =>
      scripts.call(() => redis.zcount(keys.indexed(shard, status), fromAt, `(${toAt}`)),
    liveJobs: async (shard) => {
      const key = keys.indexed(shard, 'live')
      const [count, running, oldest] = await Promise.all([
        scripts.call(() => redis.zcard(key)),
        scripts.call(() => redis.zcard(keys.running(shard))),
        scripts.call(() => redis.zrange(key, '0', '0', 'WITHSCORES')),
      ])
      const [first] = pairs(oldest)
      return first ? { count, running, oldestAt: first.at } : { count, running }
    },
    runningJobs: async (shard, limit) => {
      const ids = await scripts.call(() =>
        redis.zrange(keys.running(shard), '0', String(limit - 1)),
      )
      return ids.map((id) => jobIdSchema.parse(id))
    },
  }
}

/** Members and scores in turn. */
function pairs(flat: readonly string[]): IndexedJob[] {
  return flat.flatMap((text, at) =>
    at % 2 === 0 ? [{ jobId: jobIdSchema.parse(text), at: Number(flat[at + 1]) }] : [],
  )
}
