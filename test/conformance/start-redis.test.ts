import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { type FindOptions, findRedisServer, startRedis } from '../../src/local/packages/index.ts'
import { redisForTests, startRedisForTests } from '../support/redis.ts'

const redis = redisForTests()
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-redis-'))
})
afterEach(async () => rm(folder, { recursive: true, force: true }))

const program = async (options: Partial<FindOptions> = {}) => {
  const found = await findRedisServer({ ...inject('findOptions'), ...options })
  if ('missing' in found) throw new Error(found.missing)
  return found
}

async function ask<Answer>(url: string, question: (client: Redis) => Promise<Answer>) {
  const client = new Redis(url, { retryStrategy: () => null })
  return question(client).finally(() => client.disconnect())
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isOpen
}

describe("a file's own Redis", () => {
  it('keeps a key within a case', async () => {
    await ask(redis.url, (client) => client.set('left', 'over'))
    expect(await ask(redis.url, (client) => client.get('left'))).toBe('over')
  })

  it('is empty when the next case starts', async () => {
    expect(await ask(redis.url, (client) => client.keys('*'))).toEqual([])
  })

  it('is at least 7.0, with nothing kept on disk', async () => {
    const facts = await ask(redis.url, (client) => client.info())
    expect(Number(/redis_version:(\d+)/.exec(facts)?.[1])).toBeGreaterThanOrEqual(7)
    expect(facts).toContain('aof_enabled:0')
  })
})

describe('startRedis', () => {
  it('gives two servers started at once different ports', async () => {
    await using one = await startRedisForTests()
    await using two = await startRedisForTests()
    expect(one.port).not.toBe(two.port)
  })

  it('keeps what was written across a restart when told to append', async () => {
    const first = await startRedisForTests({ folder, durability: 'append-every-second' })
    await ask(first.url, (client) => client.set('job', 'queued'))
    await first.close()
    await using second = await startRedisForTests({ folder, durability: 'append-every-second' })
    expect(await ask(second.url, (client) => client.get('job'))).toBe('queued')
  })

  it('tells why a server exited early', async () => {
    await expect(startRedisForTests({ extraArgs: ['--nonsense', '1'] })).rejects.toThrow(
      /Bad directive/,
    )
  })

  it('refuses a port that another server has, without calling that server its own', async () => {
    await using other = await startRedisForTests()
    await expect(startRedisForTests({ port: other.port })).rejects.toThrow(/in use/i)
  })

  it('refuses a folder that another server still appends to', async () => {
    await using _first = await startRedisForTests({ folder })
    let elapsedMs = 0
    const clock = {
      ...systemClock(),
      monotonicMs: () => elapsedMs,
      sleep: async (ms: number) => {
        elapsedMs += ms
      },
    }
    await expect(startRedis({ ...(await program()), folder, clock })).rejects.toThrow(
      /end it first/,
    )
  })

  it('reports a server that dies later', async () => {
    await using server = await startRedisForTests()
    process.kill(server.pid, 'SIGKILL')
    expect(await server.ended).toMatchObject({ message: expect.stringContaining('SIGKILL') })
  })

  it('ends its server when the process that started it is killed', async () => {
    const at = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
    const script = `
      const { startRedis } = await import(${at('../../src/local/packages/index.ts')})
      const { systemClock } = await import(${at('../../src/adapters/system/system-clock.ts')})
      const options = ${JSON.stringify({ ...(await program()), folder })}
      const server = await startRedis({ ...options, clock: systemClock() })
      process.stdout.write(server.port + '\\n')
      process.stdin.resume()`
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script])
    const [port] = await once(owner.stdout, 'data')
    owner.kill('SIGKILL')
    await expect.poll(() => accepts(Number(port)), { timeout: 10_000 }).toBe(false)
  })

  it('stops at once when aborted while starting', async () => {
    const signal = AbortSignal.abort(new Error('not today'))
    const starting = startRedis({ ...(await program()), folder, clock: systemClock(), signal })
    await expect(starting).rejects.toThrow('not today')
  })
})

describe('findRedisServer', () => {
  it('says what to install when nothing can be found or fetched', async () => {
    const environment = { PATH: join(folder, 'bin') }
    const found = await findRedisServer({ cacheFolder: join(folder, 'cache'), environment })
    expect(found).toMatchObject({ missing: expect.stringMatching(/apt-get install.*dnf.*brew/) })
    expect(existsSync(join(folder, 'cache', 'redis-server'))).toBe(false)
  })

  it('takes an older server on the PATH for no server', async () => {
    await mkdir(join(folder, 'bin'))
    const script = '#!/bin/sh\necho "Redis server v=5.0.14 sha=0"\n'
    await writeFile(join(folder, 'bin', 'redis-server'), script, { mode: 0o755 })
    const environment = { PATH: join(folder, 'bin') }
    const found = await findRedisServer({ cacheFolder: join(folder, 'cache'), environment })
    expect(found).toHaveProperty('missing')
    expect(await readFile(join(folder, 'bin', 'redis-server'), 'utf8')).toBe(script)
  })
})
