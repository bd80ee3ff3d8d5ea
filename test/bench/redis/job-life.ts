import { join } from 'node:path'
import { Queue, Worker } from 'bullmq'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../../src/adapters/redis/index.ts'
import { DAY_MS } from '../../../src/kernel/index.ts'
import { startRedis } from '../../../src/local/packages/index.ts'
import type { Clock } from '../../../src/ports/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld } from '../../support/world.ts'
import { atMost, type BenchContext, type BenchReport, type Contestant } from '../bench.ts'
import { type CommandCounts, countCommands, sumOf } from './count-commands.ts'

const SEGMENTS = 10
const FILE_APART_MS = 600_000
/** BullMQ's jobs are counted together: what happens once a worker is shared by all. */
const THEIR_JOBS = 5
const TRIPS = 14
const COMMANDS = 50

/** G6: what Redis is asked from an upload to its terminal, ten segments landing on the way. */
export async function runJobLife(context: BenchContext): Promise<BenchReport> {
  await using redis = await startRedis({
    ...context.redis,
    folder: join(context.folder, 'redis'),
    clock: context.clock,
  })
  const apart = await ourLife(redis.url, context.clock, 'one by one')
  const together = await ourLife(redis.url, context.clock, 'together')
  const bullmq = await theirLife(redis)
  const count = (what: string, sumUp: (counts: CommandCounts) => number) => {
    const one = (name: string, role: Contestant['role'], counts: CommandCounts, jobs = 1) => {
      return { name, role, samples: [sumUp(counts) / jobs] }
    }
    return {
      what,
      unit: 'a job',
      reference: 'BullMQ',
      contestants: [
        one('ours, segments one by one', 'ours', apart),
        one('ours, five at once', 'ours', together),
        one('BullMQ', 'peer', bullmq, THEIR_JOBS),
      ],
    }
  }
  const trips = (counts: CommandCounts) => sumOf(counts.trips)
  const commands = (counts: CommandCounts) => sumOf(counts.trips) + sumOf(counts.inner)
  return {
    measures: [count('round trips', trips), count('commands, inner ones too', commands)],
    goals: [
      atMost(`trips with five at once <= ${TRIPS}`, trips(together), TRIPS),
      atMost(`commands with five at once <= ${COMMANDS}`, commands(together), COMMANDS),
    ],
    notes: [
      `One upload of ${SEGMENTS} files with one segment each, accepted, delivered, landed, ended and cleaned`,
      'up by the real rooms. BullMQ: add, take, ten progress updates, completed.',
      `Inner commands of ours: ${describe(together)}.`,
    ],
  }
}

export type Order = 'one by one' | 'together'

/** One by one is exact: the same life takes the same commands. */
export async function ourLife(
  url: string,
  clock: Clock,
  order: Order,
  { segments = SEGMENTS, owesSummaries = false } = {},
): Promise<CommandCounts> {
  const redis = createRedisClient(url, { commandTimeoutMs: 2_000, onError: () => undefined })
  await connectRedis(redis)
  const store = createRedisJobStore({
    ...{ redis, clock, probe: () => undefined },
    terminalRetentionMs: DAY_MS,
    outcomeRetentionMs: DAY_MS,
    enriches: owesSummaries,
  })
  const turns = takeTurns()
  const isApart = order === 'one by one'
  const world = createWorld({
    ...(owesSummaries ? { summarize: () => Promise.reject(new Error('nobody asks')) } : {}),
    store: () => (isApart ? { ...store, mark: turns.endWith(store.mark) } : store),
    transcribe: async ({ pcm }) => {
      if (isApart) await turns.begin()
      return { text: `tone ${Math.max(...pcm)}`, words: [] }
    },
  })
  const live = async (nth: number) => {
    const start = world.clock.now() - (1 + nth) * SEGMENTS * FILE_APART_MS
    const files = Array.from({ length: Math.max(1, segments) }, (_, i) => {
      const level = segments === 0 ? 0 : 1_000 * (nth + 1) + 10 * (i + 1)
      return [toneName(start + i * FILE_APART_MS), tones([level, 3])] as const
    })
    const { jobId } = await world.upload(Object.fromEntries(files))
    const { status, body } = await world.deliver(jobId)
    if (status !== 200) throw new Error(`the delivery answered ${JSON.stringify(body)}`)
  }
  try {
    // Worlds draw the same ids: what an earlier one left would be known here.
    await redis.flushall()
    // The first one loads the scripts.
    await live(0)
    return await countCommands(url, () => live(1))
  } finally {
    redis.disconnect()
  }
}

/** One after the other: a turn begins when the last one's mark is written. */
function takeTurns() {
  let last = Promise.resolve()
  let end: () => void = () => undefined
  return {
    begin: async () => {
      const before = last
      const turn = Promise.withResolvers<void>()
      last = turn.promise
      await before
      end = turn.resolve
    },
    endWith:
      <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        const result = await work(...args)
        end()
        return result
      },
  }
}

async function theirLife(server: { host: string; port: number; url: string }) {
  const connection = { host: server.host, port: server.port }
  await using parts = new AsyncDisposableStack()
  const queue = parts.adopt(new Queue('life', { connection }), (one) => one.close())
  const worker = parts.adopt(
    new Worker(
      'life',
      async (job) => {
        for (let i = 1; i <= SEGMENTS; i += 1) await job.updateProgress(i)
      },
      { connection },
    ),
    (one) => one.close(),
  )
  const finish = async (count: number) => {
    for (let i = 0; i < count; i += 1) {
      const done = new Promise<void>((resolve) => void worker.once('completed', () => resolve()))
      await queue.add('transcribe', {})
      await done
    }
  }
  await worker.waitUntilReady()
  await finish(1)
  // Awaited here: queue and worker end with this block.
  return await countCommands(server.url, () => finish(THEIR_JOBS))
}

function describe({ inner }: CommandCounts): string {
  const sorted = [...inner].sort(([, a], [, b]) => b - a)
  return sorted.map(([name, count]) => `${count} ${name}`).join(', ')
}
