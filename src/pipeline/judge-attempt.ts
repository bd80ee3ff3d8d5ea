import { BusyError, type ReasonCode, RetryableError, TerminalError } from '../kernel/index.ts'
import type { AttemptOutcome, StageTimes } from './attempt.ts'

export interface AttemptLimits {
  /** Times that a unit may kill its worker while it runs alone; then it is failed. */
  readonly maxLoneDeaths: number
  /** How long a job waits when the provider is busy and did not say how long. */
  readonly defaultSnoozeMs: number
}

/** What an attempt gathered on its way. */
export interface Gathered {
  /** What was thrown, in order. */
  readonly troubles: readonly unknown[]
  /** A unit is given up: its worker died of it too often. */
  readonly lost: boolean
  readonly stageMs: StageTimes
}

/** A wrong key or model, or a budget that is spent, fails every segment alike: no further call is made. */
const ENDS_THE_JOB: readonly ReasonCode[] = [
  'stt_configuration_error',
  'sync_transcription_budget_exhausted',
]

export function endsTheJob(error: unknown): boolean {
  return error instanceof TerminalError && ENDS_THE_JOB.includes(error.reasonCode)
}

/** The worst of it decides: what ends the job, then what failed, then a provider that is busy. */
export function judgeAttempt(limits: AttemptLimits, gathered: Gathered): AttemptOutcome {
  const { troubles, lost, stageMs } = gathered
  const terminal = troubles.find((t) => t instanceof TerminalError)
  if (terminal) {
    const { reasonCode, message: detail, retryAfterAt } = terminal
    return {
      kind: 'discard',
      reasonCode,
      detail,
      ...(retryAfterAt === undefined ? {} : { retryAfterAt }),
    }
  }
  const failure = troubles.find((t) => !(t instanceof BusyError))
  if (failure !== undefined) {
    const reasonCode = failure instanceof RetryableError ? failure.reasonCode : undefined
    return { kind: 'retry', error: failure, ...(reasonCode ? { reasonCode } : {}) }
  }
  const busy = troubles.filter((t) => t instanceof BusyError)
  if (busy.length > 0) {
    const forMs = Math.max(...busy.map((b) => b.retryAfterMs ?? limits.defaultSnoozeMs))
    return { kind: 'snooze', forMs, reasonCode: 'stt_upstream_error' }
  }
  if (lost) {
    const detail = `given up after ${limits.maxLoneDeaths} deaths alone`
    return { kind: 'discard', reasonCode: 'sync_worker_lost', detail }
  }
  return { kind: 'done', stageMs }
}
