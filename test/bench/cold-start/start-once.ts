import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../../../src/local/stack/free-port.ts'
import type { Clock } from '../../../src/ports/index.ts'
import { cpuUsOf } from '../cpu-of.ts'
import type { Program } from './programs.ts'

export interface Start {
  readonly listeningMs: number
  readonly listeningCpuMs: number
  readonly listeningMb: number
  /** Until the answer to a request sent as soon as it listened. */
  readonly answeredMs: number
  readonly answeredCpuMs: number
}

/** A request, and what to wait for before anything else is measured. */
export type Ask = (url: string) => Promise<(() => Promise<void>) | undefined>

const KNOCK_EVERY_MS = 2

/** Starts it, knocks until somebody opens, asks, kills it. */
export async function startOnce(program: Program, clock: Clock, ask: Ask): Promise<Start> {
  const port = await freePort(0, clock)
  const startedMs = performance.now()
  const child = spawn(process.execPath, [...program.args], {
    env: { ...program.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  let settled: (() => Promise<void>) | undefined
  try {
    await listening(child, port)
    const pid = child.pid ?? 0
    const listeningMs = performance.now() - startedMs
    const listeningCpuMs = cpuUsOf(pid) / 1_000
    const listeningMb = residentMbOf(pid)
    settled = await ask(`http://127.0.0.1:${port}`)
    const answeredMs = performance.now() - startedMs
    const answeredCpuMs = cpuUsOf(pid) / 1_000
    return { listeningMs, listeningCpuMs, listeningMb, answeredMs, answeredCpuMs }
  } finally {
    child.kill('SIGKILL')
    await ended
    await settled?.()
  }
}

export function residentMbOf(pid: number): number {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kb) / 1_024
}

/** Calls that look at files, and those that read them. */
const FILE_CALLS = '%file,read,pread64,fstat,close,getdents64'

/** @returns how many until it listens; undefined where there is no strace */
export async function fileCallsOf(
  program: Program,
  folder: string,
  clock: Clock,
): Promise<number | undefined> {
  const log = join(folder, 'strace.log')
  const has = await promisify(execFile)('strace', ['-V']).then(
    () => true,
    () => false,
  )
  if (!has) return undefined
  const port = await freePort(0, clock)
  const flags = ['-f', '-qq', '-o', log, '-e', `trace=${FILE_CALLS},listen`]
  const child = spawn('strace', [...flags, process.execPath, ...program.args], {
    env: { ...program.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  })
  const ended = once(child, 'exit')
  await listening(child, port)
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await ended
  const lines = (await readFile(log, 'utf8')).split('\n')
  const end = lines.findIndex((line) => line.includes(' listen('))
  return lines.slice(0, end).filter((line) => /^\d+\s+\w+\(/.test(line)).length
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  while (!(await isOpen(port))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${child.spawnargs.join(' ')} ended before it listened`)
    }
    await delay(KNOCK_EVERY_MS)
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
