import { SECOND_MS } from '../../kernel/index.ts'
import type { Clock } from '../../ports/index.ts'
import { startGcsServer } from '../gcs/index.ts'
import { createTokenIssuer, startIssuerServer, type TokenIssuer } from '../issuer/index.ts'
import { findRedisServer, startRedis } from '../packages/index.ts'
import { startTasksServer, type TasksServer } from '../tasks/index.ts'
import { LOCAL_BUCKETS } from './bucket-rules.ts'
import { closeInOrder } from './close-in-order.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { writeEnvironmentFile } from './environment-file.ts'
import { freePort } from './free-port.ts'
import { startRecoveryTimer } from './recovery-timer.ts'
import {
  LOCAL_NAMES,
  QUEUE_RATES,
  QUEUE_RETRIES,
  serviceEnvironment,
} from './service-environment.ts'
import { startServiceProcess } from './service-process.ts'
import { prepareSpeech } from './speech.ts'
import type { Stack, StackEvent, StackOptions } from './stack.ts'

const DEFAULT_RECOVERY_INTERVAL_MS = 10 * SECOND_MS

/**
 * The whole service on this machine: real Redis, GCS and Cloud Tasks servers that speak the real
 * protocols, an issuer of tokens, the service as a child process, a timer for recovery. Resolves
 * when an upload would be accepted; a start that fails ends what it had begun.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const closing = closeInOrder()
  try {
    return await startAll(options, closing)
  } catch (error) {
    await closing.close()
    options.signal?.throwIfAborted()
    throw error
  }
}

type Closing = ReturnType<typeof closeInOrder>

async function startAll(options: StackOptions, closing: Closing): Promise<Stack> {
  const { clock, signal } = options
  const onEvent = options.onEvent ?? (() => undefined)
  const folder = await openDataFolder(options.dataFolder, options.fresh ?? false)
  closing.last(() => folder.release())
  const { redisUrl, speech } = await startPrograms(options, folder, closing, onEvent)
  const outside = await startOutside(options, folder, closing)
  const recoveryIntervalMs = options.recoveryIntervalMs ?? DEFAULT_RECOVERY_INTERVAL_MS
  const { api, gcs, issuer, issuerServer, tasksPort } = outside
  const mintTaskToken = () => issuer.mint({ audience: api, email: LOCAL_NAMES.invokerEmail })
  const env = serviceEnvironment(
    {
      ...outside,
      ...issuerServer,
      mode: options.mode,
      redisUrl,
      gcsEndpoint: gcs.endpoint,
      tasks: { host: '127.0.0.1', port: tasksPort },
      idSecret: folder.idSecret,
      recoveryIntervalMs,
      settings: [speech.settings, options.settings ?? {}],
    },
    options.environment,
  )
  await writeEnvironmentFile(folder.environmentFile, env)
  const service = await startServiceProcess({
    api,
    main: options.serviceMain,
    env,
    logFile: folder.serviceLog,
    speechFaults: folder.speechFaults,
    verbose: options.verbose ?? false,
    clock,
    onEvent,
    signal,
  })
  closing.last(() => service.close())
  // Last, so that no delivery finds nobody and burns an attempt of its task.
  const tasks = await startTasks(options, folder, issuer, tasksPort)
  closing.last(() => tasks.close())
  const timer = startRecoveryTimer({
    api,
    mintToken: mintTaskToken,
    intervalMs: recoveryIntervalMs,
    clock,
    onEvent,
  })
  closing.last(() => timer.stop())
  return {
    api,
    redisUrl,
    gcs,
    tasks,
    issuer,
    issuerUrl: issuerServer.url,
    speech,
    dataFolder: folder.root,
    logFile: folder.serviceLog,
    environmentFile: folder.environmentFile,
    speechFaults: folder.speechFaults,
    servicePid: service.pid,
    killService: (name = 'SIGKILL') => service.kill(name),
    mintTaskToken,
    close: closing.close,
    [Symbol.asyncDispose]: closing.close,
  }
}

/** What comes from the distribution: Redis, and the recogniser where it is wanted. */
async function startPrograms(
  options: StackOptions,
  folder: DataFolder,
  closing: Closing,
  onEvent: (event: StackEvent) => void,
) {
  const { clock, environment, signal } = options
  const find = {
    cacheFolder: options.packagesFolder,
    environment,
    announce: (text: string) => onEvent({ kind: 'announcement', text }),
    ...(signal ? { signal } : {}),
  }
  const searching = prepareSpeech(options.speech ?? 'offline', find)
  // Awaited below; until then its failure must not look unhandled.
  searching.catch(() => undefined)
  if (options.redisUrl !== undefined) {
    return { redisUrl: options.redisUrl, speech: await searching }
  }
  const program = await findRedisServer(find)
  const speech = await searching
  if ('missing' in program) throw new Error(program.missing)
  const redis = await startRedis({
    ...program,
    folder: folder.redis,
    port: options.ports?.redis ?? 0,
    durability: 'append-every-second',
    clock,
    ...(signal ? { signal } : {}),
  })
  closing.last(() => redis.close())
  void redis.ended.then((error) => error && onEvent({ kind: 'broken', error }))
  return { redisUrl: redis.url, speech }
}

/** What the service finds outside of itself, and the ports of what starts after it. */
async function startOutside(options: StackOptions, folder: DataFolder, closing: Closing) {
  const { clock, ports = {}, signal } = options
  const now = () => clock.now()
  const gcs = await startGcsServer({
    folder: folder.gcs,
    port: ports.gcs ?? 0,
    buckets: LOCAL_BUCKETS,
    now,
  })
  closing.last(() => gcs.close())
  const issuer = createTokenIssuer({ folder: folder.issuer, now })
  const issuerServer = await startIssuerServer({ issuer, port: 0, clock })
  closing.last(() => issuerServer.close())
  const port = await servicePort(ports.api ?? 0, folder, clock, signal)
  return {
    gcs,
    issuer,
    issuerServer,
    api: `http://127.0.0.1:${port}`,
    tasksPort: await freePort(ports.tasks ?? 0, clock, signal),
  }
}

/** The asked one; else the last one, where kept tasks call; else any. */
async function servicePort(
  asked: number,
  folder: DataFolder,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<number> {
  const port = await freePort(asked || folder.lastPort, clock, signal).catch((error: unknown) => {
    if (asked !== 0 || signal?.aborted) throw error
    return freePort(0, clock, signal)
  })
  await folder.keepPort(port)
  return port
}

function startTasks(
  options: StackOptions,
  folder: DataFolder,
  issuer: TokenIssuer,
  port: number,
): Promise<TasksServer> {
  const { project, location, freshQueue, backfillQueue } = LOCAL_NAMES
  const parent = `projects/${project}/locations/${location}/queues`
  return startTasksServer({
    folder: folder.tasks,
    port,
    issuer,
    clock: options.clock,
    queues: [freshQueue, backfillQueue].map((id) => ({
      name: `${parent}/${id}`,
      ...QUEUE_RETRIES,
      ...QUEUE_RATES[id],
    })),
    control: { port: 0 },
  })
}
