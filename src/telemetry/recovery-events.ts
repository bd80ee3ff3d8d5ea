import type { JobId, Status, Uid, UidHash } from '../kernel/index.ts'
import { type EventSink, record } from './record.ts'

export interface StatusRewritten {
  readonly jobId: JobId
  readonly uidHash?: UidHash | undefined
  readonly uid?: Uid | undefined
  /** `missing` when the store had forgotten the job. */
  readonly from: Status | 'missing'
  /** `same_as` when the job turned out to be another one's twin. */
  readonly to: Status | 'same_as'
  /** A code or one plain phrase. */
  readonly reason: string
  readonly by: 'reaper' | 'operator' | 'user' | 'rebuild'
}

export interface OperatorActed {
  /** Absent for what concerns no single job. */
  readonly jobId?: JobId | undefined
  readonly action: 'requeue' | 'fail' | 'cancel' | 'reap' | 'read_conversations'
  readonly reason: string
  /** Address of the operator. */
  readonly operator: string
}

export interface RecoveryPass {
  /** How many of each: `checked`, `ensured`, `revived`, `landed`, … */
  readonly counts: Readonly<Record<string, number>>
  /** Shards that may have forgotten jobs. */
  readonly lostShards?: number | undefined
  readonly ms?: number | undefined
}

export interface OrphansDeleted {
  readonly jobId: JobId
  readonly uidHash: UidHash
  readonly blobs: number
}

export interface ShardConfirmed {
  readonly shard: number
  /** Epoch ms at which its loss was seen. */
  readonly lostSince: number
}

export interface UnexpectedError {
  /** The room or step: `http`, `dispatch`, `reaper`. */
  readonly where: string
  readonly error: unknown
  readonly jobId?: JobId | undefined
}

export function createRecoveryEvents(sink: EventSink) {
  return {
    /** A status never changes silently. */
    statusRewritten(facts: StatusRewritten) {
      record(sink, {
        name: 'status_rewritten',
        message: 'Status rewritten',
        severity: 'warn',
        facts,
        labels: { from: facts.from, to: facts.to, by: facts.by },
      })
    },
    /** By hand, and never without a name and a reason. */
    operatorActed(facts: OperatorActed) {
      record(sink, {
        name: 'operator_acted',
        message: 'Operator acted',
        severity: 'warn',
        facts,
        labels: { action: facts.action },
      })
    },
    recoveryPass(facts: RecoveryPass) {
      record(sink, { name: 'recovery_pass', message: 'Recovery pass ended', facts })
      for (const [verdict, count] of Object.entries(facts.counts)) {
        if (count > 0) sink.counters.add('recovery_jobs', { verdict }, count)
      }
    },
    /** Blobs of an upload that never came to be a job. */
    orphansDeleted(facts: OrphansDeleted) {
      record(sink, { name: 'orphans_deleted', message: 'Orphaned blobs deleted', facts })
    },
    /** Everything staged was swept since the loss was seen: the shard knows all its jobs again. */
    shardConfirmed(facts: ShardConfirmed) {
      record(sink, { name: 'shard_confirmed', message: 'Shard is whole again', facts })
    },
    /** A bug: neither terminal nor retryable by its type. */
    unexpectedError(facts: UnexpectedError) {
      record(sink, {
        name: 'unexpected_error',
        message: 'Unexpected error',
        severity: 'error',
        facts,
        labels: { where: facts.where },
      })
    },
  }
}
