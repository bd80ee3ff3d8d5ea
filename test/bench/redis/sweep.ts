import { join } from 'node:path'
import { Redis } from 'ioredis'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../../src/adapters/redis/index.ts'
import { SHARD_COUNT } from '../../../src/kernel/index.ts'
import { startRedis } from '../../../src/local/packages/index.ts'
import { atMost, type BenchContext, type BenchReport } from '../bench.ts'
import { median } from '../statistics.ts'

const FEW = 1_000
const MANY = 1_000_000
const STUCK = 100
const PER_CALL = 5_000
const ROUNDS = 7
const LIMIT = 2

/**
 * So many live jobs of twenty short fields and their due entries an hour ahead, made on the server.
 * ARGV: first, count, shards.
 */
const FILL = `
local now = redis.call('TIME')[1] * 1000
for i = tonumber(ARGV[1]), tonumber(ARGV[1]) + tonumber(ARGV[2]) - 1 do
  local shard = i % tonumber(ARGV[3])
  local id = string.format('%08x-0000-4000-8000-0000000000%02x', i, shard)
  local p = string.format('sd:{%02d}:', shard)
  redis.call('HSET', p .. 'job:' .. id, 'st', 'queued', 'sg', 'staged', 'ep', now, 'gen', '0', 'cg', '-1', 'at', '0',
    'fr', '0', 'lp', '0', 'rv', '0', 'uid', 'user', 'ln', 'fresh', 'md', 'cloud_tasks', 'by', '0', 'tf', '1',
    'ca', now, 'cp', now, 'pa', now, 'ts', '0', 'ok', '0', 'si', '0')
  redis.call('ZADD', p .. 'due', now + 3600000 + i, id)
end`

/** G10: the whole look for what is due, over all shards. */
export async function runSweep(context: BenchContext): Promise<BenchReport> {
  await using parts = new AsyncDisposableStack()
  const measured: Record<number, Awaited<ReturnType<typeof measure>>> = {}
  for (const jobs of [FEW, MANY]) {
    context.say(`${jobs.toLocaleString('en-US')} jobs`)
    const server = await startRedis({
      ...context.redis,
      folder: join(context.folder, `redis-${jobs}`),
      clock: context.clock,
    })
    parts.use(server)
    measured[jobs] = await measure(server.url, jobs, context)
  }
  const [few, many] = [measured[FEW], measured[MANY]]
  if (!few || !many) throw new Error('nothing was measured')
  return {
    measures: [
      {
        what: `finding ${STUCK} stuck jobs`,
        unit: 'us on the server',
        reference: 'ours, 1,000 jobs',
        contestants: [
          { name: 'ours, 1,000 jobs', role: 'ours', samples: few.sweepUs },
          { name: 'ours, 1,000,000 jobs', role: 'ours', samples: many.sweepUs },
          { name: 'SCAN, 1,000,000 jobs', role: 'peer', samples: [many.scanUs] },
          { name: 'KEYS, 1,000,000 jobs', role: 'peer', samples: [many.keysUs] },
        ],
      },
    ],
    goals: [
      atMost(
        `at a million <= ${LIMIT} x at a thousand`,
        median(many.sweepUs) / median(few.sweepUs),
        LIMIT,
      ),
      atMost('SCAN and KEYS among its commands: 0', many.forbidden, 0),
    ],
    notes: [
      'One pass over 64 shards by the store, timed by the server; SCAN and KEYS only find the keys,',
      'without reading who is stuck.',
    ],
  }
}

async function measure(url: string, jobs: number, { clock }: BenchContext) {
  const admin = new Redis(url)
  const redis = createRedisClient(url, { commandTimeoutMs: 10_000, onError: () => undefined })
  try {
    await connectRedis(redis)
    for (let first = 0; first < jobs; first += PER_CALL) {
      await admin.eval(FILL, 0, first, Math.min(PER_CALL, jobs - first), SHARD_COUNT)
    }
    for (let i = 0; i < STUCK; i += 1) {
      const id = `${i.toString(16).padStart(8, '0')}-0000-4000-8000-0000000000${hex(i % SHARD_COUNT)}`
      await admin.zadd(`sd:{${String(i % SHARD_COUNT).padStart(2, '0')}}:due`, 1, id)
    }
    const store = createRedisJobStore({
      ...{ redis, clock, probe: () => undefined },
      terminalRetentionMs: 1,
      outcomeRetentionMs: 1,
    })
    const sweep = async () => {
      let found = 0
      for (let shard = 0; shard < SHARD_COUNT; shard += 1) {
        found += (await store.due(shard, 100)).length
      }
      if (found !== STUCK) throw new Error(`found ${found} instead of ${STUCK}`)
    }
    await sweep()
    const sweepUs: number[] = []
    let forbidden = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const spent = await serverTime(admin, sweep)
      sweepUs.push(spent.get('evalsha') ?? Number.NaN)
      forbidden += [...spent.keys()].filter((name) => name === 'scan' || name === 'keys').length
    }
    const scan = await serverTime(admin, async () => {
      let cursor = '0'
      do [cursor] = await admin.scan(cursor, 'MATCH', '*:job:*', 'COUNT', 100)
      while (cursor !== '0')
    })
    const keys = await serverTime(admin, async () => {
      await admin.eval("return #redis.call('KEYS', '*:job:*')", 0)
    })
    return {
      sweepUs,
      forbidden,
      scanUs: scan.get('scan') ?? Number.NaN,
      keysUs: keys.get('keys') ?? Number.NaN,
    }
  } finally {
    admin.disconnect()
    redis.disconnect()
  }
}

/** Microseconds by command, as the server's own statistics have it. */
async function serverTime(admin: Redis, work: () => Promise<void>): Promise<Map<string, number>> {
  await admin.config('RESETSTAT')
  await work()
  const text = await admin.info('commandstats')
  return new Map(
    [...text.matchAll(/^cmdstat_([^:|]+)[^:]*:calls=\d+,usec=(\d+)/gm)].map(([, name = '', us]) => {
      return [name, Number(us)]
    }),
  )
}

function hex(shard: number): string {
  return shard.toString(16).padStart(2, '0')
}
