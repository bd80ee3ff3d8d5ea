import { execFile } from 'node:child_process'
import { RetryableError, TerminalError } from '../../kernel/index.ts'
import type { Recogniser } from './recogniser-child.ts'

/**
 * What this build must be told beyond the common arguments; it refuses those it does not know, so its
 * own list decides, which it gives, with exit code 1, when called with none.
 * `-remove_silence no`: a build that drops silence before recognising counts time without it.
 * `-maxhmmpf`: the default, 30,000, takes twice as long as the noise it listens to; 3,000 loses words.
 * @throws TerminalError `stt_configuration_error` when there is no such program
 * @throws RetryableError `stt_upstream_error` when it gives no list
 */
export async function askBuildArgs({ command, env }: Recogniser): Promise<readonly string[]> {
  const { usage, code } = await new Promise<{ usage: string; code: unknown }>((resolve) => {
    execFile(command, { env }, (error, out, err) =>
      resolve({ usage: out + err, code: error?.code }),
    )
  })
  if (!usage.includes('-hypseg')) {
    const what = `the recogniser does not list its arguments (${String(code)})`
    const isAbsent = code === 'ENOENT' || code === 'EACCES' || code === 127
    throw isAbsent
      ? new TerminalError(what, { reasonCode: 'stt_configuration_error' })
      : new RetryableError(what, { reasonCode: 'stt_upstream_error' })
  }
  return [
    ...(usage.includes('-remove_silence') ? ['-remove_silence', 'no'] : []),
    ...(usage.includes('-maxhmmpf') ? ['-maxhmmpf', '5000'] : []),
  ]
}
