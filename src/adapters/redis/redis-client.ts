import { Redis } from 'ioredis'
import { UnavailableError } from '../../kernel/index.ts'

/**
 * The control path's client. No offline queue and no resend: a command whose reply was lost may
 * have run, and only the scripts know how to be run again. Left at its defaults the client would
 * hang a request for 73 s with Redis down, and re-run what is not idempotent.
 */
export function createRedisClient(
  url: string,
  options: { readonly commandTimeoutMs: number; onError(error: Error): void },
): Redis {
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
export async function connectRedis(client: Redis): Promise<void> {
  if (client.status !== 'wait') return
  try {
    await client.connect()
  } catch (error) {
    throw new UnavailableError('Redis cannot be reached', { party: 'redis', cause: error })
  }
}
