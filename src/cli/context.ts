import type { Clock } from '../ports/index.ts'
import type { Output } from './output.ts'

/** What every command stands on. */
export interface CommandContext {
  readonly output: Output
  readonly clock: Clock
  /** Epoch ms. */
  now(): number
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** What the process ends with. */
  exitCode(code: number): void
}
