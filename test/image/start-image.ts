import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Image } from './build-image.ts'

export interface Stop {
  /** Of the process; undefined when a signal ended it. */
  readonly code: number | undefined
  /** From SIGTERM to its end. */
  readonly tookMs: number
  readonly output: string
}

const READY_WITHIN_MS = 60_000

/**
 * Starts what the image starts, as its user, waits until it is ready and ends it by SIGTERM as the
 * platform would.
 * @param settings on top of the image's own environment
 * @throws Error with its output when it is not ready in time
 */
export async function startAndStop(
  image: Image,
  node: string,
  settings: Readonly<Record<string, string>>,
): Promise<Stop> {
  const port = await freePort()
  const [program = '', ...args] = image.command
  const child = spawn(program === 'node' ? node : program, args, {
    cwd: image.workdir,
    env: { ...image.env, ...settings, HOST: '127.0.0.1', PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...image.user,
  })
  let output = ''
  const keep = (chunk: unknown) => {
    output += String(chunk)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = once(child, 'exit')
  const deadline = performance.now() + READY_WITHIN_MS
  while (!(await isReady(port))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`the image's process did not become ready:\n${output}`)
    }
    await delay(50)
  }
  const stoppedMs = performance.now()
  child.kill('SIGTERM')
  const [code] = await ended
  return { code: code ?? undefined, tookMs: performance.now() - stoppedMs, output }
}

async function isReady(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
  return (await fetch(`http://127.0.0.1:${port}/ready`)).ok
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
