import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Order, type Report, reportSchema } from './orders.ts'

export interface Death {
  readonly pid: number
  readonly atMs: number
  /** The signal's name or the exit code. */
  readonly how: string
}

export interface Supervisor {
  /** Gives the running process its crash point. */
  arm(order: Omit<Extract<Order, { kind: 'arm' }>, 'kind'>): Promise<void>
  /** Every death since the start, this supervisor's own kills left out. */
  readonly deaths: readonly Death[]
  /** Resolves when a process listens and another stands by. */
  atStrength(): Promise<void>
  close(): Promise<void>
}

const CHILD = fileURLToPath(new URL('./service-child.ts', import.meta.url))

/**
 * Keeps one service process listening and a second one standing by, as another instance of a
 * service would: a dead one is replaced at once, and the replacement knows of no crash point.
 * @throws Error when the first process does not come up
 */
export async function superviseService(options: {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Awaited before the next one listens: the world as the dead one left it. */
  readonly onDeath: (death: Death) => Promise<void>
}): Promise<Supervisor> {
  const deaths: Death[] = []
  let closing = false
  let failure: Error | undefined
  let listening = launch(options)
  let spare = launch(options)
  let settled = begin(listening)
  await settled

  async function begin(child: Child): Promise<void> {
    await child.heard('standby')
    child.tell({ kind: 'listen' })
    await child.heard('listening')
    void child.ended.then((how) => replace(child, how))
  }
  function replace(dead: Child, how: string): void {
    if (closing) return
    const death = { pid: dead.pid, atMs: Date.now(), how }
    deaths.push(death)
    listening = spare
    spare = launch(options)
    settled = options.onDeath(death).then(() => begin(listening))
    settled.catch((error: unknown) => {
      failure = new Error('no service takes the place of the dead one', { cause: error })
    })
  }

  return {
    deaths,
    arm: async (order) => {
      await settled
      listening.tell({ kind: 'arm', ...order })
      await listening.heard('armed')
    },
    atStrength: async () => {
      await settled
      await spare.heard('standby')
      if (failure) throw failure
    },
    close: async () => {
      closing = true
      for (const child of [listening, spare]) child.kill()
      await Promise.all([listening.ended, spare.ended])
    },
  }
}

type Child = ReturnType<typeof launch>

function launch({ folder, env }: { folder: string; env: Readonly<Record<string, string>> }) {
  const log = openSync(join(folder, 'service.log'), 'a')
  const child: ChildProcess = spawn(process.execPath, [CHILD, folder], {
    env: { ...env },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`no start: ${error.message}`))
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`))
  })
  const heard: Record<Report['kind'], PromiseWithResolvers<void>> = {
    standby: Promise.withResolvers(),
    listening: Promise.withResolvers(),
    armed: Promise.withResolvers(),
  }
  child.on('message', (message) => heard[reportSchema.parse(message).kind].resolve())
  const orEnd = (kind: Report['kind']) =>
    Promise.race([
      heard[kind].promise,
      ended.then((how) => {
        throw new Error(`a service process ended with ${how} before it was ${kind}`)
      }),
    ])
  return {
    pid: child.pid ?? 0,
    ended,
    heard: orEnd,
    tell: (order: Order) => {
      if (order.kind === 'arm') heard.armed = Promise.withResolvers()
      child.send(order)
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
