import { join } from 'node:path'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../../src/adapters/redis/index.ts'
import { DAY_MS, type JobId, RetryableError, TerminalError } from '../../../src/kernel/index.ts'
import { startRedis } from '../../../src/local/packages/index.ts'
import type { Clock } from '../../../src/ports/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld } from '../../support/world.ts'
import { atMost, type BenchContext, type BenchReport, type Contestant } from '../bench.ts'

const LONG_ERROR = 'the provider said no, at length. '.repeat(60)

/** One key of a job at one moment. */
export interface KeySize {
  readonly moment: 'running' | 'failed once' | 'completed' | 'failed for good'
  /** `job`, `view`, `text`, `marks`, `events` … */
  readonly kind: string
  readonly bytes: number
  readonly encoding: string
}

/** G11: what a job takes of Redis, at each moment of its life. */
export async function runBytes(context: BenchContext): Promise<BenchReport> {
  await using server = await startRedis({
    ...context.redis,
    folder: join(context.folder, 'redis'),
    clock: context.clock,
  })
  const sizes = await sizesOfLives(server.url, context.clock)
  const theirs = await sizeOfTheirs(server)
  const ours = (moment: KeySize['moment'], kind?: string) =>
    sizes
      .filter((one) => one.moment === moment && (!kind || one.kind === kind))
      .reduce((sum, { bytes }) => sum + bytes, 0)
  const row = (name: string, role: Contestant['role'], bytes: number): Contestant => {
    return { name, role, samples: [bytes] }
  }
  const tables = sizes.filter(({ kind, encoding }) => kind === 'job' && encoding !== 'listpack')
  const indexed = sizes.filter(({ kind }) => kind === 'due entry after the end')
  return {
    measures: [
      {
        what: 'one job in Redis',
        unit: 'bytes',
        reference: 'record, completed',
        contestants: [
          row('record, running', 'ours', ours('running', 'job')),
          row('record, completed', 'ours', ours('completed', 'job')),
          row('record, failed with a long error', 'ours', ours('failed for good', 'job')),
          row('all keys, completed', 'ours', ours('completed')),
          row('all keys, failed with a long error', 'ours', ours('failed for good')),
          row('BullMQ, job completed, its events not counted', 'peer', theirs),
        ],
      },
    ],
    goals: [
      atMost('records that are no listpack: 0', tables.length, 0),
      atMost('due entries of settled jobs: 0', indexed.length, 0),
    ],
    notes: [
      `Keys of a completed job: ${describe(sizes, 'completed')}.`,
      `Of one that failed with an error of ${LONG_ERROR.length} characters: ${describe(sizes, 'failed for good')}.`,
    ],
  }
}

/** A job that fails once and completes, and one that fails for good, both with a long error. */
export async function sizesOfLives(url: string, clock: Clock): Promise<KeySize[]> {
  const redis = createRedisClient(url, { commandTimeoutMs: 2_000, onError: () => undefined })
  await connectRedis(redis)
  const sizes: KeySize[] = []
  let subject: JobId | undefined
  const look = async (moment: KeySize['moment'], jobId: JobId | undefined) => {
    for (const key of await redis.keys(`*${jobId}`)) sizes.push(await sizeOf(redis, moment, key))
    for (const due of await redis.keys('*due')) {
      const isOver = moment === 'completed' || moment === 'failed for good'
      if (!isOver || (await redis.zscore(due, jobId ?? '')) === null) continue
      sizes.push({ moment, kind: 'due entry after the end', bytes: 0, encoding: '' })
    }
  }
  const store = createRedisJobStore({
    ...{ redis, clock, probe: () => undefined },
    terminalRetentionMs: DAY_MS,
    outcomeRetentionMs: DAY_MS,
  })
  let failure: Error | undefined
  const world = createWorld({
    store: () => store,
    transcribe: async () => {
      if (failure) throw failure
      await look('running', subject)
      return { text: 'words', words: [] }
    },
  })
  const live = async (agoMs: number) => {
    const start = world.clock.now() - agoMs
    const { jobId } = await world.upload({ [toneName(start)]: tones([agoMs / 3_600_000, 3]) })
    subject = jobId
    return jobId
  }
  try {
    const completed = await live(3_600_000)
    failure = new RetryableError(LONG_ERROR, { reasonCode: 'stt_upstream_error' })
    await world.deliver(completed)
    await look('failed once', completed)
    failure = undefined
    await world.deliver(completed, { retryCount: 1 })
    await look('completed', completed)
    const failed = await live(7_200_000)
    failure = new TerminalError(LONG_ERROR, { reasonCode: 'stt_configuration_error' })
    await world.deliver(failed)
    await look('failed for good', failed)
    return sizes
  } finally {
    redis.disconnect()
  }
}

async function sizeOf(redis: Redis, moment: KeySize['moment'], key: string): Promise<KeySize> {
  const bytes = Number(await redis.memory('USAGE', key, 'SAMPLES', 0))
  const encoding = String(await redis.object('ENCODING', key))
  const kind = /}:([a-z-]+):/.exec(key)?.[1] ?? key
  return { moment, kind, bytes, encoding }
}

/** Their job's own key, with a payload as small as ours: the name of a manifest. */
async function sizeOfTheirs(server: { host: string; port: number; url: string }): Promise<number> {
  const connection = { host: server.host, port: server.port }
  await using parts = new AsyncDisposableStack()
  const queue = parts.adopt(new Queue('bytes', { connection }), (one) => one.close())
  const worker = parts.adopt(new Worker('bytes', async () => 'done', { connection }), (one) =>
    one.close(),
  )
  const done = new Promise<void>((resolve) => void worker.once('completed', () => resolve()))
  const { id } = await queue.add('transcribe', { manifest: `staging/${'0'.repeat(32)}/manifest` })
  await done
  const redis = parts.adopt(new Redis(server.url), (one) => one.disconnect())
  return Number(await redis.memory('USAGE', `bull:bytes:${id}`, 'SAMPLES', 0))
}

function describe(sizes: readonly KeySize[], moment: KeySize['moment']): string {
  return sizes
    .filter((one) => one.moment === moment && one.bytes > 0)
    .map(({ kind, bytes, encoding }) => `${kind} ${bytes} (${encoding})`)
    .join(', ')
}
