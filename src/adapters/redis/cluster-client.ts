import { Cluster } from 'ioredis'
import type { RedisClientOptions } from './redis-client.ts'

/** Follows a slot that moved, then gives up: the caller's own second try comes after it. */
const MAX_REDIRECTIONS = 4
/** More at each try, none at the first: a dropped connection is back before a caller's second try. */
const RECONNECT_DELAY_MS = 50
/** After these the node is forgotten, and another one asked who has its slots now. */
const RECONNECTS = 5

/**
 * The control path's client on a cluster: no offline queue, bounded like the one of a single server.
 * Every key of a job lies in its shard's slot, so that a script runs whole on one node.
 * @param url names one node; the others are learnt from it
 */
export function createClusterClient(url: string, options: RedisClientOptions): Cluster {
  const { hostname, port, username, password, protocol } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const client = new Cluster([{ host, port: Number(port) || 6_379 }], {
    enableOfflineQueue: false,
    lazyConnect: true,
    maxRedirections: MAX_REDIRECTIONS,
    // Else the client sends again what may have run, and its second refusal would pass for the first.
    retryDelayOnFailover: 0,
    clusterNodeRetryStrategy: (times) =>
      times > RECONNECTS ? null : (times - 1) * RECONNECT_DELAY_MS,
    slotsRefreshTimeout: options.commandTimeoutMs,
    redisOptions: {
      commandTimeout: options.commandTimeoutMs,
      connectTimeout: options.commandTimeoutMs,
      autoResendUnfulfilledCommands: false,
      ...(username ? { username: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
    },
  })
  client.on('error', options.onError)
  client.on('node error', options.onError)
  return client
}
