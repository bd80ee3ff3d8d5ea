import {
  type JobId,
  type ReasonCode,
  SECOND_MS,
  type SegmentCounts,
  type SegmentId,
  type Stage,
  type TerminalStatus,
  type Uid,
  type UidHash,
} from '../kernel/index.ts'
import { type EventSink, record } from './record.ts'

export interface ClaimTaken {
  readonly jobId: JobId
  readonly generation: number
  readonly attempt: number
  readonly epoch: number
}

export interface ClaimLost {
  readonly jobId: JobId
  readonly epoch: number
  /** `refused` by the store, or `unanswered` for too long. */
  readonly reason: 'refused' | 'unanswered'
}

export interface SegmentLanded {
  readonly jobId: JobId
  readonly segmentId: SegmentId
  readonly verdict: 'landed' | 'silent' | 'failed'
  readonly reasonCode?: ReasonCode | undefined
}

export interface AttemptEnded {
  readonly jobId: JobId
  readonly attempt: number
  /** One word: `done`, `retry`, `snooze`, `lease_lost`, … */
  readonly outcome: string
  readonly ms: number
  /** Of an attempt that came to its end. */
  readonly stageMs?: Readonly<Partial<Record<Stage, number>>> | undefined
  readonly reasonCode?: ReasonCode | undefined
  readonly error?: unknown
}

export interface JobFinalized {
  readonly jobId: JobId
  readonly uidHash: UidHash
  readonly uid?: Uid | undefined
  readonly status: TerminalStatus
  readonly counts: SegmentCounts
  readonly reasonCode?: ReasonCode | undefined
  /** All of them; the client is shown ten. */
  readonly errors?: readonly string[] | undefined
}

export function createRunEvents(sink: EventSink) {
  return {
    claimTaken(facts: ClaimTaken) {
      record(sink, { name: 'claim_taken', message: 'Claim taken', facts })
    },
    claimLost(facts: ClaimLost) {
      record(sink, {
        name: 'claim_lost',
        message: 'Claim lost',
        severity: 'warn',
        facts,
        labels: { reason: facts.reason },
      })
    },
    segmentLanded(facts: SegmentLanded) {
      record(sink, {
        name: 'segment_landed',
        message: 'Segment landed',
        severity: facts.verdict === 'failed' ? 'warn' : 'debug',
        facts,
        labels: { verdict: facts.verdict, reason_code: facts.reasonCode },
      })
    },
    attemptEnded(facts: AttemptEnded) {
      record(sink, {
        name: 'attempt_ended',
        message: 'Attempt ended',
        severity: facts.error === undefined ? 'info' : 'warn',
        facts,
        labels: { outcome: facts.outcome, reason_code: facts.reasonCode },
      })
      sink.counters.observe('attempt_seconds', facts.ms / SECOND_MS, { outcome: facts.outcome })
      for (const [stage, ms] of Object.entries(facts.stageMs ?? {})) {
        sink.counters.observe('stage_seconds', ms / SECOND_MS, { stage })
      }
    },
    jobFinalized(facts: JobFinalized) {
      record(sink, {
        name: 'job_finalized',
        message: 'Job finalized',
        severity: facts.status === 'completed' ? 'info' : 'warn',
        facts,
        labels: { status: facts.status, reason_code: facts.reasonCode },
      })
    },
    /** Outcome, blobs and manifest are dealt with. */
    jobSettled(facts: { readonly jobId: JobId }) {
      record(sink, { name: 'job_settled', message: 'Job settled', facts })
    },
  }
}
