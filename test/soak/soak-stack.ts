import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../src/adapters/redis/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { startGcsServer } from '../../src/local/gcs/index.ts'
import { createTokenIssuer, startIssuerServer } from '../../src/local/issuer/index.ts'
import { type Program, startRedis } from '../../src/local/packages/index.ts'
import { LOCAL_NAMES } from '../../src/local/stack/index.ts'
import { QUEUE_RETRIES, serviceEnvironment } from '../../src/local/stack/service-environment.ts'
import { startTasksServer, type TasksServer } from '../../src/local/tasks/index.ts'
import type { Clock, JobStore } from '../../src/ports/index.ts'
import { type BucketView, viewBucket } from '../support/bucket-view.ts'
import { askForRecovery } from '../support/recovery-loop.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { startFront } from './front.ts'
import type { Pace } from './paces.ts'
import { type SpeechTwin, startSpeechTwin } from './speech-twin.ts'

export interface SoakStackOptions {
  readonly folder: string
  readonly redis: Program
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly instances: number
  readonly pace: Pace
  readonly random: () => number
  readonly onFailure: (failure: string) => void
}

/** Everything real but the cloud: the servers and a fleet of the unchanged service. */
export interface SoakStack extends AsyncDisposable {
  readonly api: string
  readonly idSecret: string
  readonly clock: Clock
  readonly redis: Redis
  /** The service's own reader of records; the harness writes nothing with it. */
  readonly store: Pick<JobStore, 'read' | 'events'>
  readonly gcs: Awaited<ReturnType<typeof startGcsServer>>
  readonly tasks: TasksServer
  readonly speech: SpeechTwin
  readonly fleet: Fleet
  readonly staging: BucketView
  readonly data: BucketView
}

export async function startSoakStack(options: SoakStackOptions): Promise<SoakStack> {
  const closing = new AsyncDisposableStack()
  try {
    return await startParts(options, closing)
  } catch (error) {
    await closing.disposeAsync()
    throw error
  }
}

async function startParts(
  options: SoakStackOptions,
  closing: AsyncDisposableStack,
): Promise<SoakStack> {
  const { folder, pace, random } = options
  const clock = systemClock()
  const now = () => clock.now()
  await mkdir(folder, { recursive: true })
  const redisServer = closing.use(
    await startRedis({ ...options.redis, folder: join(folder, 'redis'), clock }),
  )
  const gcs = closing.use(
    await startGcsServer({
      folder: join(folder, 'gcs'),
      port: 0,
      buckets: [LOCAL_NAMES.stagingBucket, LOCAL_NAMES.dataBucket],
      now,
      random,
    }),
  )
  const issuer = createTokenIssuer({ now })
  const certificates = closing.use(await startIssuerServer({ issuer, port: 0, clock }))
  const tasks = closing.use(await startQueue({ ...options, issuer, clock }))
  const speech = closing.use(await startSpeechTwin({ random, clock }))
  const front = closing.use(await startFront())
  const redis = createRedisClient(redisServer.url, {
    commandTimeoutMs: 10_000,
    onError: (error) => options.onFailure(`Redis: ${error.message}`),
  })
  await connectRedis(redis)
  closing.defer(() => redis.disconnect())
  const idSecret = randomBytes(24).toString('hex')
  const envOf = (port: number, process: number) => ({
    ...serviceEnvironment(
      {
        ...certificates,
        api: front.url,
        mode: 'cloud_tasks',
        redisUrl: redisServer.url,
        gcsEndpoint: gcs.endpoint,
        tasks,
        idSecret,
        recoveryIntervalMs: pace.recoveryEveryMs,
        settings: [pace.settings, speech.settingsOf(process)],
      },
      options.environment,
    ),
    PORT: String(port),
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
  })
  const fleet = closing.use(
    await startFleet({
      ...options,
      envOf,
      onPorts: front.setPorts,
      onLaunch: speech.nameProcess,
      clock,
    }),
  )
  const mintTaskToken = () => issuer.mint({ audience: front.url, email: LOCAL_NAMES.invokerEmail })
  const recovery = askForRecovery({
    api: front.url,
    clock,
    mintTaskToken,
    everyMs: pace.recoveryEveryMs,
  })
  closing.defer(() => recovery.stop())
  return {
    api: front.url,
    idSecret,
    clock,
    redis,
    store: createRedisJobStore({
      redis,
      clock,
      probe: () => undefined,
      terminalRetentionMs: 1,
      outcomeRetentionMs: 1,
    }),
    gcs,
    tasks,
    speech,
    fleet,
    staging: viewBucket(gcs.endpoint, LOCAL_NAMES.stagingBucket),
    data: viewBucket(gcs.endpoint, LOCAL_NAMES.dataBucket),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

function startQueue(
  options: Pick<SoakStackOptions, 'folder' | 'pace' | 'random'> & {
    readonly issuer: ReturnType<typeof createTokenIssuer>
    readonly clock: Clock
  },
): Promise<TasksServer> {
  const { project, location, freshQueue, backfillQueue } = LOCAL_NAMES
  const parent = `projects/${project}/locations/${location}/queues`
  return startTasksServer({
    ...options,
    folder: join(options.folder, 'tasks'),
    port: 0,
    queues: [freshQueue, backfillQueue].map((id) => ({
      name: `${parent}/${id}`,
      ...QUEUE_RETRIES,
      minBackoffMs: options.pace.minBackoffMs,
    })),
  })
}
