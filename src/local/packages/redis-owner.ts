import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../ports/index.ts'
import { runCommand } from './run-command.ts'

const PREDECESSOR_GONE_WITHIN_MS = 10_000
const POLL_MS = 50

/**
 * Ends the server when this process ends, even by SIGKILL: a shell waits on a pipe whose other end
 * dies with us. It is killed first when the server ends, so that it never signals a stranger who
 * was given the same process id.
 */
export function holdOnLeash(child: ChildProcess, pid: number): void {
  const script = `read -r _; kill -TERM ${pid} 2>/dev/null`
  // Its own process group: a Ctrl-C that ended the leash would set the server free.
  const leash = spawn('/bin/sh', ['-c', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  leash.on('error', () => undefined)
  leash.stdin?.on('error', () => undefined)
  leash.unref()
  const pipe: unknown = leash.stdin
  if (hasUnref(pipe)) pipe.unref()
  child.once('exit', () => leash.kill('SIGKILL'))
}

/**
 * Two servers appending to the same files destroy them. One left by a killed launcher is on its
 * leash and going: waits for it.
 * @throws Error when it stays
 */
export async function awaitPredecessor(options: {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly signal?: AbortSignal
}): Promise<void> {
  const { clock, signal } = options
  const deadline = clock.monotonicMs() + PREDECESSOR_GONE_WITHIN_MS
  for (;;) {
    const pid = await writtenPid(options.folder)
    if (pid === undefined || !(await isRedis(pid, options.env))) return
    if (clock.monotonicMs() > deadline) {
      throw new Error(`another Redis (process ${pid}) uses ${options.folder}: end it first`)
    }
    await clock.sleep(POLL_MS, signal)
  }
}

async function writtenPid(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, 'redis.pid'), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined
}

async function isRedis(pid: number, env: Readonly<Record<string, string>>): Promise<boolean> {
  const listed = await runCommand('ps', ['-p', String(pid), '-o', 'stat=,args='], { env })
  const isZombie = listed.stdout.trimStart().startsWith('Z')
  return !isZombie && /redis-server|valkey-server/.test(listed.stdout)
}

function hasUnref(value: unknown): value is { unref(): void } {
  return typeof value === 'object' && value !== null && 'unref' in value
}
