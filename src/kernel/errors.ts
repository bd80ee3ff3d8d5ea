import type { ReasonCode } from './reasons.ts'

/**
 * The three families of failure. `TerminalError`: trying again cannot help. `RetryableError`: the
 * same work may succeed later. Everything else is a bug: retried, logged loudly.
 */
export class TerminalError extends Error {
  override name = 'TerminalError'
  readonly reasonCode: ReasonCode
  /** Epoch ms from which the client's own retry may help. */
  readonly retryAfterAt: number | undefined

  constructor(
    message: string,
    options: ErrorOptions & { readonly reasonCode: ReasonCode; readonly retryAfterAt?: number },
  ) {
    super(message, options)
    this.reasonCode = options.reasonCode
    this.retryAfterAt = options.retryAfterAt
  }
}

export class RetryableError extends Error {
  override name = 'RetryableError'
  readonly reasonCode: ReasonCode | undefined

  constructor(message: string, options?: ErrorOptions & { reasonCode?: ReasonCode }) {
    super(message, options)
    this.reasonCode = options?.reasonCode
  }
}

/** The party asks us to come back later (429, 503): the job waits, no attempt is spent. */
export class BusyError extends Error {
  override name = 'BusyError'
  /** How long it asked us to stay away; undefined when it did not say. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, options?: ErrorOptions & { retryAfterMs?: number | undefined }) {
    super(message, options)
    this.retryAfterMs = options?.retryAfterMs
  }
}

/** Our claim on the job is gone or no longer trusted: stop, and clean nothing. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError'
}

/**
 * A store or service could not be reached, or answered nonsense. Nothing is proven either way, unless
 * `refused` says that the step was never taken.
 */
export class UnavailableError extends Error {
  override name = 'UnavailableError'
  /** Which party: a fixed word such as `redis`, `gcs`, `tasks`, `certificates`. */
  readonly party: string
  /** Proven: it had no effect and will have none. */
  readonly refused: boolean

  constructor(
    message: string,
    options: ErrorOptions & { readonly party: string; readonly refused?: boolean },
  ) {
    super(message, options)
    this.party = options.party
    this.refused = options.refused ?? false
  }
}

/** What was read does not fit its schema. Never silently skipped. */
export class MalformedRecordError extends Error {
  override name = 'MalformedRecordError'
}

/**
 * Written by a newer revision than this one, which does not know what it may touch: it is left alone
 * for a process that does (F52).
 */
export class NewerSchemaError extends Error {
  override name = 'NewerSchemaError'
  readonly version: number

  constructor(what: string, version: number) {
    super(`${what} has the newer schema ${version}`)
    this.version = version
  }
}

/** The text of any thrown value, for records and logs; capped, since vendors put payloads in it. */
export function describeError(error: unknown, maxLength = 500): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}

export type AbortCause = 'shutdown' | 'hard_abort' | 'budget' | 'stalled'

/** We stop our own run: its process goes away, its time is up, or it makes no progress. */
export class RunAbortedError extends Error {
  override name = 'RunAbortedError'
  readonly abortCause: AbortCause

  constructor(abortCause: AbortCause) {
    super(`the run was stopped: ${abortCause}`)
    this.abortCause = abortCause
  }
}
