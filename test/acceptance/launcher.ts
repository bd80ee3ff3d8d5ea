import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as z from 'zod'

const MAIN = fileURLToPath(new URL('../../src/local/main.ts', import.meta.url))

const readySchema = z.object({
  ready: z.literal(true),
  api: z.url(),
  console: z.url(),
  redis: z.url(),
  gcs: z.url(),
  tasks: z.object({ host: z.string(), port: z.int(), control: z.url() }),
  service_pid: z.int(),
  log: z.string(),
})
export type Ready = z.infer<typeof readySchema>
const restartedSchema = z.object({ restarted: z.literal(true), service_pid: z.int() })

/** `npm run local -- --json` as a program drives it. */
export interface Launcher {
  readonly pid: number
  readonly ready: Promise<Ready>
  readonly restarted: Promise<{ service_pid: number }>
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  readonly complaints: () => string
  kill(signal: NodeJS.Signals): void
  /** SIGINT to the whole group, as a terminal sends it. */
  pressCtrlC(): void
  [Symbol.asyncDispose](): Promise<void>
}

export function startLauncher(dataFolder: string, ...flags: readonly string[]): Launcher {
  const anyPort = ['--port', '--gcs-port', '--tasks-port', '--redis-port'].flatMap((f) => [f, '0'])
  const args = [MAIN, '--json', '--speech', 'spans', '--data', dataFolder, ...anyPort, ...flags]
  // A group of its own, as a terminal gives to what it starts.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const ready = Promise.withResolvers<Ready>()
  const restarted = Promise.withResolvers<{ service_pid: number }>()
  // A case that does not wait for it must not fail for it.
  ready.promise.catch(() => undefined)
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints += chunk
  })
  readLines(child, (line) => {
    const fact: unknown = JSON.parse(line)
    const again = restartedSchema.safeParse(fact)
    if (again.success) restarted.resolve(again.data)
    else ready.resolve(readySchema.parse(fact))
  })
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      ready.reject(new Error(`the launcher ended: ${complaints}`))
      resolve(signal ?? code ?? 0)
    })
  })
  return {
    pid: child.pid ?? 0,
    ready: ready.promise,
    restarted: restarted.promise,
    ended,
    complaints: () => complaints,
    kill: (signal) => void child.kill(signal),
    pressCtrlC: () => void process.kill(-(child.pid ?? 0), 'SIGINT'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
}

/** Everything the process started, and what that started. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  const rows = stdout
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number))
  const found: number[] = [pid]
  for (let at = 0; at < found.length; at += 1) {
    for (const [child, parent] of rows) {
      if (parent === found[at] && child !== undefined) found.push(child)
    }
  }
  return found.slice(1)
}

/** Still there; one that ended and waits for its parent to notice does not count. */
export async function aliveOf(pids: readonly number[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,stat=,args='])
  return stdout.split('\n').filter((row) => {
    const [pid, state = ''] = row.trim().split(/\s+/)
    return pids.includes(Number(pid)) && !state.startsWith('Z')
  })
}
