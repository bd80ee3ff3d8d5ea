import type { Session } from './answers.ts'
import type { Api } from './api.ts'

/** Where a view lives: it ends its work when the signal says that another took its place. */
export interface ViewContext {
  readonly api: Api
  readonly session: Session
  readonly main: HTMLElement
  readonly signal: AbortSignal
}
