import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, inject } from 'vitest'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import {
  findRedisServer,
  type RedisServer,
  type StartRedisOptions,
  startRedis,
} from '../../src/local/packages/index.ts'

export interface RedisForTests {
  /** `redis://127.0.0.1:PORT`; readable once the file's `beforeAll` ran. */
  readonly url: string
  readonly port: number
}

/**
 * A real Redis of the calling file's own, emptied before each of its cases, so that files run side by
 * side and a case may flush, block or configure the server without harm to another. Call it once, at
 * the top of a file or a `describe`. Costs about 0.1 s a file. A case that kills or restarts its
 * server takes one of its own from `startRedisForTests`.
 */
export function redisForTests(): RedisForTests {
  let server: RedisServer | undefined
  const running = (): RedisServer => {
    if (server === undefined) throw new Error('Redis starts in beforeAll: read its url in a case')
    return server
  }
  beforeAll(async () => {
    server = await startRedisForTests()
  })
  beforeEach(async () => flushRedis(running()))
  afterAll(async () => server?.close())
  return {
    get url() {
      return running().url
    },
    get port() {
      return running().port
    },
  }
}

/**
 * One more server, for a case that ends it; use it with `await using`. Keeps nothing on disk unless
 * asked. Its folder goes with it, except a folder handed in, which a restart needs again.
 */
export async function startRedisForTests(
  options: Partial<Pick<StartRedisOptions, 'folder' | 'port' | 'durability' | 'extraArgs'>> = {},
): Promise<RedisServer> {
  const program = await findRedisServer(inject('findOptions'))
  if ('missing' in program) throw new Error(program.missing)
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'redis-')))
  const server = await startRedis({ ...program, ...options, folder, clock: systemClock() })
  const close = async () => {
    await server.close()
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
  }
  return { ...server, close, [Symbol.asyncDispose]: close }
}

/** FLUSHALL over a bare socket; cached scripts stay. */
async function flushRedis(server: Pick<RedisServer, 'host' | 'port'>): Promise<void> {
  const socket = connect(server.port, server.host)
  const answer = await new Promise<string>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('data', (chunk) => resolve(chunk.toString()))
    socket.write('FLUSHALL SYNC\r\n')
  }).finally(() => socket.destroy())
  if (!answer.startsWith('+OK')) throw new Error(`FLUSHALL answered ${answer.trim()}`)
}
