import type { Outcome } from './job.ts'
import type { ReasonCode } from './reasons.ts'

/** Ends that say nothing about the content: what was decided, waited for, or lost around it. */
const NOT_THE_CONTENT: readonly (ReasonCode | undefined)[] = [
  'sync_cancelled',
  'sync_operator_failed',
  'sync_transcription_budget_exhausted',
  'sync_repeat_failure_paused',
  'sync_staged_audio_expired',
  'sync_dispatch_lost',
  'byok_worker_lost',
]

/**
 * What makes two failures of a content the same; one that got further is another. undefined for an
 * end that does not count: it succeeded, or trying the same again may well help.
 */
export function failureSignature(outcome: Outcome): string | undefined {
  const { status, reasonCode, segments } = outcome
  if (status === 'completed' || NOT_THE_CONTENT.includes(reasonCode)) return undefined
  const { total, successful, silent, failed } = segments
  return [status, reasonCode ?? '', total, successful, silent, failed].join(':')
}

/** When a content that keeps failing alike is left alone for a while. */
export interface RepeatFailureLimits {
  /** Failures until the pause; 0 for never. */
  readonly limit: number
  readonly windowMs: number
  readonly pauseMs: number
}
