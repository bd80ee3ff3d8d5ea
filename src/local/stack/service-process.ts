import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { SECOND_MS } from '../../kernel/index.ts'
import type { Clock } from '../../ports/index.ts'

export interface ServiceProcessOptions {
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>
  /** What is started. Default: the service whose speech-to-text can be told to fail. */
  readonly main?: string | undefined
  /** Base URL it will answer on. */
  readonly api: string
  readonly logFile: string
  /** Folder where failures of its speech-to-text are ordered. */
  readonly speechFaults: string
  /** Its output goes to our error stream instead of the log file. */
  readonly verbose: boolean
  readonly clock: Clock
  readonly onEvent: (event: ServiceEvent) => void
  /** Ends the first start early. */
  readonly signal?: AbortSignal | undefined
}

export type ServiceEvent =
  | {
      readonly kind: 'service_ended'
      readonly pid: number
      /** The signal's name or the exit code. */
      readonly how: string
      readonly restartInMs: number
    }
  /** It answers again after a restart. */
  | { readonly kind: 'service_restarted'; readonly pid: number }

/** The service, kept alive as Cloud Run keeps it: whatever ends it, another takes its place. */
export interface ServiceProcess {
  pid(): number
  /** Ends the running one only; the next takes its place at once. */
  kill(signal: NodeJS.Signals): void
  /** SIGTERM, SIGKILL after ten seconds; resolves when it is gone, and nothing takes its place. */
  close(): Promise<void>
}

const MAIN = fileURLToPath(new URL('./local-service.ts', import.meta.url))
const LEASH = new URL('./leash.ts', import.meta.url).href
/** As long as Cloud Run waits. */
const GRACE_MS = 10 * SECOND_MS
/** A process that lived this long was no failed start. */
const STEADY_MS = 5 * SECOND_MS
const QUICK_CRASH_BACKOFF_MS = 250
const MAX_BACKOFF_MS = 5 * SECOND_MS
const READY_WITHIN_MS = 60 * SECOND_MS
const POLL_MS = 25
const LOG_TAIL_BYTES = 2_000

/**
 * Starts it and resolves once it answers that it is ready.
 * @throws Error with the tail of its log when its first start fails
 */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const stopping = new AbortController()
  let current = launch(options)
  const first = current
  try {
    await awaitReady(options, first, options.signal)
  } catch (error) {
    first.child.kill('SIGKILL')
    await first.ended
    throw error
  }
  const keeping = keepAlive(options, first, stopping.signal, (next) => {
    current = next
  })
  let closing: Promise<void> | undefined
  const stop = async () => {
    stopping.abort(new Error('the stack is closing'))
    await endInGoodOrder(options.clock, current)
    await keeping
  }
  return {
    pid: () => current.child.pid ?? 0,
    kill: (signal) => void current.child.kill(signal),
    close: () => (closing ??= stop()),
  }
}

interface Running {
  readonly child: ChildProcess
  readonly startedMs: number
  readonly ended: Promise<string>
}

async function keepAlive(
  options: ServiceProcessOptions,
  first: Running,
  stop: AbortSignal,
  onNext: (next: Running) => void,
): Promise<void> {
  const { clock, onEvent } = options
  let quickCrashes = 0
  for (let running = first; ; ) {
    const how = await running.ended
    if (stop.aborted) return
    const isQuick = clock.monotonicMs() - running.startedMs < STEADY_MS
    quickCrashes = isQuick ? quickCrashes + 1 : 0
    const restartInMs =
      quickCrashes < 2 ? 0 : Math.min(MAX_BACKOFF_MS, QUICK_CRASH_BACKOFF_MS * 2 ** quickCrashes)
    onEvent({ kind: 'service_ended', pid: running.child.pid ?? 0, how, restartInMs })
    await clock.sleep(restartInMs, stop).catch(() => undefined)
    if (stop.aborted) return
    running = launch(options)
    onNext(running)
    const { child } = running
    awaitReady(options, running).then(
      () => onEvent({ kind: 'service_restarted', pid: child.pid ?? 0 }),
      // It ended before it answered: the loop has seen it, too.
      () => undefined,
    )
  }
}

function launch(options: ServiceProcessOptions): Running {
  const log = options.verbose ? 2 : openSync(options.logFile, 'a')
  try {
    const args = ['--import', LEASH, options.main ?? MAIN, options.speechFaults]
    const child = spawn(process.execPath, args, {
      env: options.env,
      stdio: ['ignore', log, log, 'ipc'],
      // Its own group: Ctrl-C reaches the launcher, which ends things in their order.
      detached: true,
    })
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`no start: ${error.message}`))
      child.once('exit', (code, signal) => {
        endGroup(child)
        resolve(signal ?? `code ${code}`)
      })
    })
    return { child, ended, startedMs: options.clock.monotonicMs() }
  } finally {
    if (!options.verbose) closeSync(log)
  }
}

/** What a killed service had started goes with it, as with a container. */
function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH'
    if (!isGone) throw error
  }
}

async function awaitReady(
  options: ServiceProcessOptions,
  running: Running,
  signal?: AbortSignal,
): Promise<void> {
  const { clock } = options
  const deadline = clock.monotonicMs() + READY_WITHIN_MS
  let how: string | undefined
  void running.ended.then((end) => {
    how = end
  })
  while (!(await isReady(options.api))) {
    if (how !== undefined) throw await startFailure(options, `ended with ${how}`)
    if (clock.monotonicMs() > deadline) throw await startFailure(options, 'never became ready')
    await clock.sleep(POLL_MS, signal)
  }
}

async function isReady(api: string): Promise<boolean> {
  return fetch(`${api}/ready`, { signal: AbortSignal.timeout(SECOND_MS) }).then(
    async (answer) => {
      await answer.arrayBuffer()
      return answer.ok
    },
    // Not listening yet, or too busy to answer in time.
    () => false,
  )
}

async function startFailure(options: ServiceProcessOptions, what: string): Promise<Error> {
  const tail = options.verbose ? '' : `:\n${await logTail(options.logFile)}`
  return new Error(`the service ${what}${tail}`)
}

/** The last lines that a service wrote. */
export async function logTail(file: string): Promise<string> {
  const log = await readFile(file, 'utf8').catch(() => 'no log')
  return log.trim().slice(-LOG_TAIL_BYTES)
}

async function endInGoodOrder(clock: Clock, { child, ended }: Running): Promise<void> {
  const gone = new AbortController()
  child.kill('SIGTERM')
  const impatience = clock.sleep(GRACE_MS, gone.signal).then(
    () => void child.kill('SIGKILL'),
    () => undefined,
  )
  await ended
  gone.abort(new Error('the service is gone'))
  await impatience
}
