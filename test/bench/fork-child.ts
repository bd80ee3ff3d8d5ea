import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { once } from 'node:events'
import type * as z from 'zod'

/** A contestant in a process of its own, so that what it costs can be told from what the asker costs. */
export interface Child<T> {
  readonly pid: number
  /** What it said when it was ready. */
  readonly hello: T
  /** Sends a message and resolves with the next one that comes back. */
  ask(message: Serializable): Promise<unknown>
  close(): Promise<void>
}

/** @throws Error when the process ends before it is ready */
export async function forkChild<T>(
  file: URL,
  args: readonly string[],
  schema: z.ZodType<T>,
  execArgv: readonly string[] = [],
): Promise<Child<T>> {
  const child: ChildProcess = fork(file, args, { execArgv: [...execArgv] })
  const ended = once(child, 'exit')
  const answer = async () => {
    const [message] = await Promise.race([
      once(child, 'message'),
      ended.then(([code, signal]) => {
        throw new Error(`${file.pathname} ${args.join(' ')} ended with ${code ?? signal}`)
      }),
    ])
    return message as unknown
  }
  const hello = schema.parse(await answer())
  return {
    pid: child.pid ?? 0,
    hello,
    ask: (message) => {
      const answered = answer()
      child.send(message)
      return answered
    },
    close: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
