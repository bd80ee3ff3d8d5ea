import { type ChildProcess, fork, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { getPriority, setPriority } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildInto } from '../../../infra/build/build-into.ts'
import { startGcsServer } from '../../../src/local/gcs/index.ts'
import { createTokenIssuer, startIssuerServer } from '../../../src/local/issuer/index.ts'
import { type Program, startRedis } from '../../../src/local/packages/index.ts'
import { freePort } from '../../../src/local/stack/free-port.ts'
import {
  LOCAL_NAMES,
  QUEUE_RETRIES,
  serviceEnvironment,
} from '../../../src/local/stack/service-environment.ts'
import { startTasksServer } from '../../../src/local/tasks/index.ts'
import type { Clock } from '../../../src/ports/index.ts'
import { environmentOfImage } from '../../image/read-dockerfile.ts'
import {
  type Answer,
  fromServiceSchema,
  type LoadSample,
  type Order,
  resultSchema,
} from './messages.ts'

export interface LoadStack extends AsyncDisposable {
  readonly api: string
  /** From the service, as they come. */
  readonly samples: readonly LoadSample[]
  /** Deliveries so far, by the status of the service's answer. */
  readonly deliveries: Readonly<Record<number, number>>
  /** Tells the generator; resolves when all is answered. */
  ask(order: Order): Promise<readonly Answer[]>
  /** Tasks that the queue still keeps. */
  tasksLeft(): number
}

export interface LoadStackOptions {
  readonly folder: string
  readonly redis: Program
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** How long the provider takes for a segment. */
  readonly speechMs: number
  readonly settings: Readonly<Record<string, string>>
  /** The queue's: how many deliveries at once. */
  readonly concurrentDispatches: number
  /** By `bundleService`; without it the service runs from source. */
  readonly bundle?: string
}

const SERVICE = fileURLToPath(new URL('./service.child.ts', import.meta.url))
const GENERATOR = new URL('./generator.child.ts', import.meta.url)

/**
 * In production phones, stores and queue have cores of their own. Here they go behind the service's
 * event loop, and before its threads.
 */
const STEPS_BEHIND = 5
const LAST_PRIORITY = 19

/**
 * The bundle that a deployment runs, with its code compiled ahead, for `LoadStackOptions.bundle`.
 * Takes about ten seconds.
 */
export async function bundleService(folder: string): Promise<string> {
  await buildInto(folder, 'test/bench/load/service.child.ts')
  return folder
}

/** One real service process with default leases, its parties, and the phones in a third process. */
export async function startLoadStack(options: LoadStackOptions): Promise<LoadStack> {
  const closing = new AsyncDisposableStack()
  try {
    return await startParts(options, closing)
  } catch (error) {
    await closing.disposeAsync()
    throw error
  }
}

async function startParts(
  options: LoadStackOptions,
  closing: AsyncDisposableStack,
): Promise<LoadStack> {
  const { folder, clock } = options
  const now = () => clock.now()
  const redis = closing.use(
    await startRedis({ ...options.redis, folder: join(folder, 'redis'), clock }),
  )
  const gcs = closing.use(
    await startGcsServer({
      folder: join(folder, 'gcs'),
      port: 0,
      buckets: [LOCAL_NAMES.stagingBucket, LOCAL_NAMES.dataBucket],
      now,
    }),
  )
  const issuer = createTokenIssuer({ now })
  const certificates = closing.use(await startIssuerServer({ issuer, port: 0, clock }))
  const { project, location, freshQueue, backfillQueue } = LOCAL_NAMES
  const tasks = closing.use(
    await startTasksServer({
      folder: join(folder, 'tasks'),
      port: 0,
      issuer,
      clock,
      queues: [freshQueue, backfillQueue].map((queue) => ({
        name: `projects/${project}/locations/${location}/queues/${queue}`,
        ...QUEUE_RETRIES,
        maxConcurrentDispatches: options.concurrentDispatches,
      })),
    }),
  )
  const api = `http://127.0.0.1:${await freePort(0, clock)}`
  const env = serviceEnvironment(
    {
      ...{ api, tasks, redisUrl: redis.url, gcsEndpoint: gcs.endpoint },
      ...{ certsUrl: certificates.certsUrl, firebaseCertsUrl: certificates.firebaseCertsUrl },
      mode: 'cloud_tasks',
      idSecret: 'the id secret of the load run, long enough',
      recoveryIntervalMs: 60_000,
      settings: [{ STT_PROVIDER: 'spans', ENRICHMENT_PROVIDER: 'none' }, options.settings],
    },
    options.environment,
  )
  const samples: LoadSample[] = []
  const service = adopt(closing, startService(options, env))
  const warm = Promise.withResolvers<void>()
  service.on('message', (message) => {
    const said = fromServiceSchema.parse(message)
    if (said.kind === 'sample') samples.push(said)
    else warm.resolve()
  })
  await Promise.race([warm.promise, endOf(service)])
  const generator = adopt(closing, fork(GENERATOR, [api]))
  if (options.bundle !== undefined) goBehind(service, [process, generator])
  await Promise.race([once(generator, 'message'), endOf(generator)])
  return {
    api,
    samples,
    deliveries: tasks.stats.deliveries.byStatus,
    ask: askOf(generator),
    tasksLeft: () => {
      const { created, ...ended } = tasks.stats.tasks
      return Object.values(ended).reduce((left, count) => left - count, created)
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

function startService({ bundle, speechMs }: LoadStackOptions, env: Record<string, string>) {
  // Its log goes to nobody, but it is written.
  const stdio: StdioOptions = ['ignore', 'ignore', 'inherit', 'ipc']
  if (bundle === undefined) return fork(SERVICE, [String(speechMs)], { env, stdio })
  const image = { ...environmentOfImage(), NODE_COMPILE_CACHE: join(bundle, 'code-cache') }
  return fork(join(bundle, 'main.js'), [String(speechMs)], { env: { ...env, ...image }, stdio })
}

function goBehind(service: ChildProcess, others: readonly { readonly pid?: number | undefined }[]) {
  const priority = Math.min(LAST_PRIORITY, getPriority(service.pid ?? 0) + STEPS_BEHIND)
  for (const { pid } of others) setPriority(pid ?? 0, priority)
}

function adopt(closing: AsyncDisposableStack, child: ChildProcess): ChildProcess {
  const ended = once(child, 'exit')
  return closing.adopt(child, async () => {
    child.kill('SIGKILL')
    await ended
  })
}

async function endOf(child: ChildProcess): Promise<never> {
  const [code, signal] = await once(child, 'exit')
  throw new Error(`a process of the load run ended with ${code ?? signal}`)
}

function askOf(generator: ChildProcess): LoadStack['ask'] {
  const waiting = new Map<number, (answers: readonly Answer[]) => void>()
  let asked = 0
  generator.on('message', (message) => {
    const { nth, answers } = resultSchema.parse(message)
    waiting.get(nth)?.(answers)
    waiting.delete(nth)
  })
  return (order) =>
    new Promise((resolve) => {
      waiting.set(asked, resolve)
      asked += 1
      generator.send(order)
    })
}
