import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import type * as z from 'zod'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../src/adapters/redis/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { startGcsServer } from '../../src/local/gcs/index.ts'
import { createTokenIssuer, startIssuerServer } from '../../src/local/issuer/index.ts'
import { type Program, startRedis } from '../../src/local/packages/index.ts'
import { startTasksServer, type TasksServer } from '../../src/local/tasks/index.ts'
import type { Clock, JobStore } from '../../src/ports/index.ts'
import { type BucketView, viewBucket } from '../support/bucket-view.ts'
import { askForRecovery } from '../support/recovery-loop.ts'
import { LANE, type LaneMode, laneEnvironment } from './lane-environment.ts'
import { type CallLine, callLineSchema, type StepLine, stepLineSchema } from './orders.ts'
import { type Death, type Supervisor, superviseService } from './supervisor.ts'

export interface LaneOptions {
  readonly mode: LaneMode
  /** Holds everything of this lane; made when missing. */
  readonly folder: string
  /** Variables in place of the lane's own. */
  readonly settings?: Readonly<Record<string, string>>
  /** In place of the lane's own small ones. */
  readonly times?: { readonly minBackoffMs: number; readonly recoveryEveryMs: number }
  /** Shared by all lanes. */
  readonly compileCache: string
  readonly redis: Program
  /** Of the caller: PATH and HOME are read. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A whole stack for one cell at a time: nothing in it is shared with another lane. */
export interface Lane extends AsyncDisposable {
  readonly mode: LaneMode
  readonly folder: string
  readonly api: string
  readonly clock: Clock
  readonly service: Supervisor
  readonly tasks: TasksServer
  readonly redis: Redis
  /** The service's own reader of records; the harness writes nothing with it. */
  readonly store: JobStore
  readonly staging: BucketView
  readonly data: BucketView
  mintTaskToken(): string
  /** The object store's clock, so that what is created looks as if it were old. */
  setStoreBehind(ms: number): void
  /** Looks at what a dead process left, before another goes on. */
  witness(look: ((death: Death) => Promise<void>) | undefined): void
  /** Where the two ledgers end now; what is read from there on belongs to the next cell. */
  mark(): LedgerMark
  stepsSince(mark: LedgerMark): readonly StepLine[]
  callsSince(mark: LedgerMark): readonly CallLine[]
}

export interface LedgerMark {
  readonly steps: number
  readonly calls: number
}

/** What the dead process had sent is taken in by the other servers within this time. */
const LAST_WORDS_MS = 40

export async function startLane(options: LaneOptions): Promise<Lane> {
  const closing = new AsyncDisposableStack()
  try {
    return await startParts(options, closing)
  } catch (error) {
    await closing.disposeAsync()
    throw error
  }
}

async function startParts(options: LaneOptions, closing: AsyncDisposableStack): Promise<Lane> {
  const { folder, mode } = options
  const clock = systemClock()
  const now = () => clock.now()
  let storeBehindMs = 0
  await mkdir(folder, { recursive: true })
  const api = `http://127.0.0.1:${await freePort()}`
  const redisServer = closing.use(
    await startRedis({ ...options.redis, folder: join(folder, 'redis'), clock }),
  )
  const gcs = closing.use(
    await startGcsServer({
      folder: join(folder, 'gcs'),
      port: 0,
      buckets: [LANE.stagingBucket, LANE.dataBucket],
      now: () => now() - storeBehindMs,
    }),
  )
  const issuer = createTokenIssuer({ now })
  const certificates = closing.use(await startIssuerServer({ issuer, port: 0, clock }))
  const { minBackoffMs, recoveryEveryMs } = options.times ?? LANE
  const tasks = closing.use(await startQueue(folder, issuer, clock, minBackoffMs))
  const redis = createRedisClient(redisServer.url, {
    commandTimeoutMs: 2_000,
    onError: () => undefined,
  })
  await connectRedis(redis)
  closing.defer(() => redis.disconnect())
  let look: ((death: Death) => Promise<void>) | undefined
  const service = await superviseService({
    folder,
    env: laneEnvironment(
      {
        ...options,
        ...certificates,
        api,
        redisUrl: redisServer.url,
        gcsEndpoint: gcs.endpoint,
        tasks,
      },
      options.environment,
    ),
    onDeath: async (death) => {
      await clock.sleep(LAST_WORDS_MS)
      await look?.(death)
    },
  })
  closing.defer(() => service.close())
  const mintTaskToken = () => issuer.mint({ audience: api, email: LANE.invokerEmail })
  const recovery = askForRecovery({ api, clock, mintTaskToken, everyMs: recoveryEveryMs })
  closing.defer(() => recovery.stop())
  const steps = ledger(join(folder, 'steps.jsonl'), stepLineSchema)
  const calls = ledger(join(folder, 'calls.jsonl'), callLineSchema)
  return {
    mode,
    folder,
    api,
    clock,
    service,
    tasks,
    redis,
    store: createRedisJobStore({
      redis,
      clock,
      probe: () => undefined,
      terminalRetentionMs: 1,
      outcomeRetentionMs: 1,
    }),
    staging: viewBucket(gcs.endpoint, LANE.stagingBucket),
    data: viewBucket(gcs.endpoint, LANE.dataBucket),
    mintTaskToken,
    setStoreBehind: (ms) => {
      storeBehindMs = ms
    },
    witness: (next) => {
      look = next
    },
    mark: () => ({ steps: steps.end(), calls: calls.end() }),
    stepsSince: (mark) => steps.since(mark.steps),
    callsSince: (mark) => calls.since(mark.calls),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

function startQueue(
  folder: string,
  issuer: ReturnType<typeof createTokenIssuer>,
  clock: Clock,
  minBackoffMs: number,
): Promise<TasksServer> {
  const name = `projects/${LANE.project}/locations/${LANE.location}/queues/${LANE.queue}`
  return startTasksServer({
    folder: join(folder, 'tasks'),
    port: 0,
    issuer,
    clock,
    queues: [{ name, maxAttempts: 5, minBackoffMs, maxDoublings: 4 }],
  })
}

/** A file of JSON lines that only grows. */
function ledger<T>(file: string, schema: z.ZodType<T>) {
  const read = () => {
    try {
      return readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    } catch (error) {
      // Nobody has written to it yet.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    }
  }
  return {
    end: () => read().length,
    since: (start: number) =>
      read()
        .slice(start)
        .map((line) => schema.parse(JSON.parse(line))),
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise<void>((resolve) => void server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return address.port
}
