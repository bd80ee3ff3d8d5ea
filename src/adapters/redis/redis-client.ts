import { once } from 'node:events'
import { Cluster, Redis } from 'ioredis'
import { UnavailableError } from '../../kernel/index.ts'

/** One server, or the whole of a cluster: the same commands, each on the node that has its key. */
export type RedisClient = Redis | Cluster

export interface RedisClientOptions {
  readonly commandTimeoutMs: number
  onError(error: Error): void
}

/**
 * The control path's client. No offline queue and no resend: a command whose reply was lost may
 * have run, and only the scripts know how to be run again. Left at its defaults the client would
 * hang a request for 73 s with Redis down, and re-run what is not idempotent.
 */
export function createRedisClient(url: string, options: RedisClientOptions): Redis {
  const client = new Redis(url, {
    maxRetriesPerRequest: 1,
    commandTimeout: options.commandTimeoutMs,
    connectTimeout: options.commandTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    lazyConnect: true,
  })
  client.on('error', options.onError)
  return client
}

/** Connects, waiting out a server that is still loading; later losses reconnect by themselves. */
export async function connectRedis(client: RedisClient): Promise<void> {
  if (client.status !== 'wait') return
  try {
    if (client instanceof Cluster) await connectCluster(client)
    else await client.connect()
  } catch (error) {
    throw new UnavailableError('Redis cannot be reached', { party: 'redis', cause: error })
  }
}

/** Every part of the store can be asked: of a cluster each master, since each has users of its own. */
export function isRedisReady(client: RedisClient): boolean {
  if (client.status !== 'ready') return false
  if (!(client instanceof Cluster)) return true
  const masters = client.nodes('master')
  return masters.length > 0 && masters.every(({ status }) => status === 'ready')
}

/**
 * A cluster that is not whole yet is tried again, which the promise of `connect` never hears of. A node
 * is connected by its first command, and refuses the others meanwhile: so each is asked once here.
 */
async function connectCluster(client: Cluster): Promise<void> {
  await Promise.race([client.connect(), once(client, 'ready')])
  await Promise.allSettled(client.nodes('master').map((node) => node.ping()))
}
