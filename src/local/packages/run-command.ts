import { execFile } from 'node:child_process'

export interface CommandResult {
  /** undefined: it could not be started, or a signal ended it. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly signal?: AbortSignal
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/** Runs to the end and tells how it went; rejects only when the signal aborts. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const { signal } = options
  signal?.throwIfAborted()
  const result = await new Promise<CommandResult>((resolve) => {
    const settings = { ...options, maxBuffer: MAX_OUTPUT_BYTES, encoding: 'utf8' as const }
    execFile(command, args, settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      const detail = error !== null && stderr === '' ? error.message : stderr
      resolve({ code: typeof code === 'number' ? code : undefined, stdout, stderr: detail })
    })
  })
  signal?.throwIfAborted()
  return result
}
