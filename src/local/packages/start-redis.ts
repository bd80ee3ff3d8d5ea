import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../../ports/index.ts'
import type { Program } from './find-program.ts'
import { askWhoServes } from './redis-greeting.ts'
import { awaitPredecessor, holdOnLeash } from './redis-owner.ts'

export interface StartRedisOptions extends Program {
  /** Working folder: its log `redis.log`, its pid file, and its append-only files when asked for. */
  readonly folder: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Default: nothing is kept on disk. */
  readonly durability?: 'none' | 'append-every-second'
  /** Further `--name value` arguments; the last word on each name. */
  readonly extraArgs?: readonly string[]
  readonly clock: Clock
  /** Aborts the start; a started server is ended by `close`. */
  readonly signal?: AbortSignal
}

export interface RedisServer {
  readonly host: string
  readonly port: number
  /** `redis://127.0.0.1:PORT` */
  readonly url: string
  readonly pid: number
  /** Resolves when the process ended: undefined after `close`, else what happened, log tail included. */
  readonly ended: Promise<Error | undefined>
  /** SIGTERM, and SIGKILL when it does not go; resolves when it is gone. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const HOST = '127.0.0.1'
/** Ready in 0.1 s when idle; a loaded machine or a long append-only file needs more. */
const READY_WITHIN_MS = 20_000
const POLL_MS = 10
const GONE_WITHIN_MS = 5_000
/** Between asking for a free port and binding it anybody may take it. */
const PORT_TRIES = 5

/**
 * A real Redis on the loopback interface, resolved once it answers. It does not keep this process
 * alive, and ends when this process ends, however it ends.
 * @throws Error with the tail of the log when it exits early or never answers
 */
export async function startRedis(options: StartRedisOptions): Promise<RedisServer> {
  await mkdir(options.folder, { recursive: true })
  await awaitPredecessor(options)
  const fixedPort = options.port ?? 0
  for (let tries = 1; ; tries += 1) {
    const port = fixedPort === 0 ? await freePort() : fixedPort
    const server = launch(options, port)
    try {
      await awaitReady(options, server)
      return server
    } catch (error) {
      await server.close()
      options.signal?.throwIfAborted()
      const isClash = error instanceof Error && /address already in use/i.test(error.message)
      if (!isClash || fixedPort !== 0 || tries === PORT_TRIES) throw error
    }
  }
}

function launch(options: StartRedisOptions, port: number): RedisServer {
  const logFile = join(options.folder, 'redis.log')
  const child = spawnServer(options, port, logFile)
  child.unref()
  let isClosing = false
  const ended = new Promise<Error | undefined>((resolve) => {
    child.once('error', (cause) => resolve(new Error('redis-server did not start', { cause })))
    child.once('exit', (code, signal) => {
      if (isClosing) return resolve(undefined)
      readFile(logFile, 'utf8').then(
        (log) => resolve(exitError(signal ?? `code ${code}`, log)),
        () => resolve(exitError(signal ?? `code ${code}`, 'no log')),
      )
    })
  })
  if (child.pid !== undefined) holdOnLeash(child, child.pid)
  const close = async () => {
    isClosing = true
    // Its end is waited for: with nothing else to do, this process would be gone before it.
    child.ref()
    child.kill('SIGTERM')
    const grace = new AbortController()
    const impatience = options.clock.sleep(GONE_WITHIN_MS, grace.signal).then(
      () => void child.kill('SIGKILL'),
      () => undefined,
    )
    await ended
    grace.abort(new Error('redis-server is gone'))
    await impatience
  }
  return {
    host: HOST,
    port,
    url: `redis://${HOST}:${port}`,
    pid: child.pid ?? 0,
    ended,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function spawnServer(options: StartRedisOptions, port: number, logFile: string): ChildProcess {
  const durability =
    options.durability === 'append-every-second'
      ? ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec']
      : ['--save', '', '--appendonly', 'no']
  const args = [
    ...['--bind', HOST, '--port', String(port), '--dir', options.folder, '--daemonize', 'no'],
    ...['--pidfile', join(options.folder, 'redis.pid')],
    ...durability,
    // As deployed: a job's events take whole blocks of this size.
    ...['--stream-node-max-bytes', '1024'],
    ...(options.extraArgs ?? []),
  ]
  const log = openSync(logFile, 'w')
  try {
    return spawn(options.command, args, {
      env: options.env,
      stdio: ['ignore', log, log],
      // Its own process group: Ctrl-C reaches the launcher, which ends Redis after those who need it.
      detached: true,
    })
  } finally {
    closeSync(log)
  }
}

async function awaitReady(options: StartRedisOptions, server: RedisServer): Promise<void> {
  const { clock, signal } = options
  const deadline = clock.monotonicMs() + READY_WITHIN_MS
  const early = server.ended.then((error) => {
    throw error ?? new Error('redis-server was closed while starting')
  })
  early.catch(() => undefined)
  while ((await Promise.race([askWhoServes(server), early])) !== server.pid) {
    if (clock.monotonicMs() > deadline) {
      throw new Error(`redis-server does not answer on port ${server.port}`)
    }
    await Promise.race([clock.sleep(POLL_MS, signal), early])
  }
}

function exitError(how: string, log: string): Error {
  return new Error(`redis-server ended (${how}): ${log.trim().slice(-1_000)}`)
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(0, HOST, resolve)
  })
  const address = probe.address()
  await new Promise<void>((resolve) => void probe.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return address.port
}
