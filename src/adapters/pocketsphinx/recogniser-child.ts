import { type ChildProcess, spawn } from 'node:child_process'
import { RetryableError, TerminalError } from '../../kernel/index.ts'

export interface Recogniser {
  /** `pocketsphinx_batch`, with its path when it is not on `env`'s PATH. */
  readonly command: string
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string>>
}

/** Kept of what the child says on its error stream, its last words last. */
const MAX_COMPLAINT = 500

/**
 * One run to its end. An abort kills the child and rejects with the reason once it is gone, so that
 * nothing writes into its folder any more.
 * @throws TerminalError `stt_configuration_error` when it cannot be started
 * @throws RetryableError `stt_upstream_error` when it fails
 */
export async function runRecogniser(
  recogniser: Recogniser,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const { command, env } = recogniser
  const child = spawn(command, [...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const kill = () => void child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    const failure = await ending(child)
    signal.throwIfAborted()
    if (failure !== undefined) throw failure
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

async function ending(child: ChildProcess): Promise<Error | undefined> {
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT)
  })
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      const what = 'the recogniser could not be started'
      resolve(new TerminalError(what, { cause, reasonCode: 'stt_configuration_error' }))
    })
    child.once('close', (code, killer) => {
      if (code === 0) return resolve(undefined)
      const what = `the recogniser ended with ${killer ?? `code ${code}`}: ${complaint.trim()}`
      // 127 is the dynamic linker's: a library is missing, and will be.
      resolve(
        code === 127
          ? new TerminalError(what, { reasonCode: 'stt_configuration_error' })
          : new RetryableError(what, { reasonCode: 'stt_upstream_error' }),
      )
    })
  })
}
