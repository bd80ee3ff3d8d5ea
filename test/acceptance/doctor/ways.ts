import { createServer, type Server } from 'node:http'
import { Redis } from 'ioredis'
import { createTasksClient } from '../../../src/adapters/cloud-tasks/index.ts'
import { LOCAL_NAMES, type Stack } from '../../../src/local/stack/index.ts'
import { startRedisBetween } from './redis-between.ts'

/** What a plant left behind for the doctor to be run with. */
export interface Planted {
  /** Over the environment of the service. */
  readonly env?: Readonly<Record<string, string>>
  readonly taskToken?: string
  /** How far the doctor's own clock is ahead. */
  readonly clockAheadMs?: number
  undo?(): Promise<void> | void
}

const { project, location, freshQueue } = LOCAL_NAMES
export const FRESH_QUEUE = `projects/${project}/locations/${location}/queues/${freshQueue}`

/** What Cloud Scheduler asks for. */
export async function passOfRecovery(stack: Stack): Promise<void> {
  const headers = { authorization: `Bearer ${stack.mintTaskToken()}` }
  const answer = await fetch(`${stack.api}/v2/sync-jobs/reap`, { method: 'POST', headers })
  await answer.text()
  if (!answer.ok) throw new Error(`a pass was answered ${answer.status}`)
}

export async function control({ tasks }: Stack, deed: string): Promise<void> {
  const answer = await fetch(`${tasks.controlUrl}/${deed}`, { method: 'POST' })
  if (!answer.ok) throw new Error(await answer.text())
}

/** Over the real protocol, as an operator's command would. */
export async function withQueue(
  { tasks: { host, port } }: Stack,
  settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Promise<Planted> {
  const client = createTasksClient({ host, port, plaintext: true, projectId: project })
  const queues = await client.ready()
  const paths = Object.entries(settings).flatMap(([group, fields]) =>
    Object.keys(fields).map((field) => snake(`${group}.${field}`)),
  )
  const [before] = await queues.getQueue({ name: FRESH_QUEUE })
  await queues.updateQueue({ queue: { name: FRESH_QUEUE, ...settings }, updateMask: { paths } })
  return {
    undo: async () => {
      await queues.updateQueue({ queue: before, updateMask: { paths } })
      await client.close()
    },
  }
}

function snake(path: string): string {
  return path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export async function withBucket(stack: Stack, bucket: string, settings: object): Promise<Planted> {
  const url = `${stack.gcs.endpoint}/storage/v1/b/${bucket}`
  const before = (await (await fetch(url)).json()) as Record<string, unknown>
  const patch = async (body: object) => {
    const answer = await fetch(url, { method: 'PATCH', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(await answer.text())
  }
  await patch(settings)
  const undone = Object.keys(settings).map((name) => [name, before[name] ?? null])
  return { undo: () => patch(Object.fromEntries(undone)) }
}

export function deletion(condition: object) {
  return { rule: [{ action: { type: 'Delete' }, condition }] }
}

export function access(enabled: boolean, publicAccessPrevention: string) {
  return { iamConfiguration: { uniformBucketLevelAccess: { enabled }, publicAccessPrevention } }
}

/** The service as it is asked by everybody: a foreign one, that tells the right time. */
export async function behind(status: number, body: string): Promise<Planted> {
  const server: Server = createServer((_req, res) => {
    res.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return {
    ...addressed(`http://127.0.0.1:${address.port}`),
    undo: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

export function addressed(base: string): Planted {
  return {
    env: {
      SYNC_TASKS_HANDLER_URL: `${base}/v2/sync-jobs/run`,
      SYNC_TASKS_OIDC_AUDIENCE: base,
    },
  }
}

export async function withRedis(
  { redisUrl }: Stack,
  [name, value]: readonly [string, string],
  before: string,
): Promise<Planted> {
  await inRedis(redisUrl, (redis) => redis.config('SET', name, value))
  return {
    undo: async () => {
      await inRedis(redisUrl, (redis) => redis.config('SET', name, before))
    },
  }
}

export async function inRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url)
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

export async function between(
  { redisUrl }: Stack,
  how: Parameters<typeof startRedisBetween>[1],
): Promise<Planted> {
  const { url, close } = await startRedisBetween(redisUrl, how)
  return { env: { REDIS_URL: url }, undo: close }
}
