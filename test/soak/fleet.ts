import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/local/stack/free-port.ts'
import type { Clock } from '../../src/ports/index.ts'

export interface FleetDeath {
  readonly pid: number
  readonly atMs: number
}

/** Several processes of the unchanged service; whichever dies is replaced at once. */
export interface Fleet extends AsyncDisposable {
  /** SIGKILLs one of them once all answer: a slow machine is not left without any. @returns whether */
  killOne(random: () => number): boolean
  readonly deaths: readonly FleetDeath[]
}

export interface FleetOptions {
  readonly instances: number
  readonly folder: string
  /** @param process number of the process since the start */
  readonly envOf: (port: number, process: number) => Readonly<Record<string, string>>
  /** Told whenever others answer than before. */
  readonly onPorts: (ports: readonly number[]) => void
  /** Told of the pid of every process, before it works. */
  readonly onLaunch: (process: number, pid: number) => void
  /** A process that ended by itself. */
  readonly onFailure: (failure: string) => void
  readonly clock: Clock
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const LEASH = new URL('../../src/local/stack/leash.ts', import.meta.url).href
const READY_WITHIN_MS = 60_000
const POLL_MS = 50

/** Resolves when all of them answer. @throws Error when one does not */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { clock, instances } = options
  const running = new Map<number, Instance>()
  const ready = new Set<number>()
  const deaths: FleetDeath[] = []
  const victims = new Set<number>()
  let launched = 0
  let closing = false
  const tell = () => options.onPorts([...ready])

  const keepUp = async (port: number): Promise<void> => {
    launched += 1
    const instance = launch(options, port, launched)
    running.set(port, instance)
    options.onLaunch(launched, instance.pid)
    void instance.ended.then((how) => {
      deaths.push({ pid: instance.pid, atMs: clock.now() })
      ready.delete(port)
      tell()
      if (closing) return
      if (!victims.has(instance.pid)) options.onFailure(`a service process ended by itself: ${how}`)
      keepUp(port).catch((error: unknown) => options.onFailure(String(error)))
    })
    await awaitReady(clock, port, instance)
    if (!instance.hasEnded()) ready.add(port)
    tell()
  }
  const ports: number[] = []
  while (ports.length < instances) ports.push(await freePort(0, clock))
  const close = async () => {
    closing = true
    for (const instance of running.values()) instance.kill()
    await Promise.all([...running.values()].map(({ ended }) => ended))
  }
  try {
    await Promise.all(ports.map(keepUp))
  } catch (error) {
    await close()
    throw error
  }
  return {
    deaths,
    killOne: (random) => {
      const able = [...ready]
      const victim = running.get(able[Math.floor(random() * able.length)] ?? 0)
      if (able.length < instances || !victim) return false
      victims.add(victim.pid)
      victim.kill()
      return true
    },
    [Symbol.asyncDispose]: close,
  }
}

type Instance = ReturnType<typeof launch>

function launch({ folder, envOf }: FleetOptions, port: number, number: number) {
  const log = openSync(join(folder, `service-${port}.log`), 'a')
  const child = spawn(process.execPath, ['--import', LEASH, MAIN], {
    env: { ...envOf(port, number) },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  let hasEnded = false
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`no start: ${error.message}`))
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`))
  }).finally(() => {
    hasEnded = true
  })
  return {
    pid: child.pid ?? 0,
    ended,
    hasEnded: () => hasEnded,
    kill: () => void child.kill('SIGKILL'),
  }
}

async function awaitReady(clock: Clock, port: number, instance: Instance): Promise<void> {
  const deadline = clock.monotonicMs() + READY_WITHIN_MS
  while (!instance.hasEnded() && !(await answers(port))) {
    if (clock.monotonicMs() > deadline) throw new Error('a service process never became ready')
    await clock.sleep(POLL_MS)
  }
}

function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(1_000) }).then(
    async (answer) => {
      await answer.arrayBuffer()
      return answer.ok
    },
    // Not listening yet, or too busy to answer in time.
    () => false,
  )
}
