import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A Redis that is reached through something: its answers come late, or with other words of the same length. */
export async function startRedisBetween(
  redisUrl: string,
  { delayMs = 0, from = '', to = '' }: { delayMs?: number; from?: string; to?: string },
): Promise<{ readonly url: string; close(): void }> {
  const { hostname, port } = new URL(redisUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const redis = connect(Number(port), hostname)
    for (const socket of [client, redis]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    client.on('data', (bytes) => redis.write(bytes))
    redis.on('data', async (bytes) => {
      if (delayMs > 0) await delay(delayMs)
      client.write(from === '' ? bytes : bytes.toString('latin1').replaceAll(from, to), 'latin1')
    })
    client.on('close', () => redis.destroy())
    redis.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return {
    url: `redis://127.0.0.1:${address.port}`,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
