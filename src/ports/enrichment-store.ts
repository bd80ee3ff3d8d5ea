import type {
  ConversationId,
  EnrichmentId,
  EnrichmentObject,
  EnrichmentSubject,
  JobId,
  Lane,
  ReasonCode,
} from '../kernel/index.ts'
import type { HolderResult, NextGenerationResult, OverrideResult } from './job-store.ts'

/**
 * Who makes which summary now, and what is due: the job store's discipline for the second stage. One
 * method is one atomic step on one shard, timed by the store's own clock, and safe to run twice with
 * the same arguments. throws `UnavailableError` (party `redis`) when the step may or may not have
 * happened. What became of a revision is durable elsewhere: this may be wiped at any moment.
 */
export interface EnrichmentStore {
  /**
   * The work on one revision, made or met. Its listeners join those it has. What it answers is how
   * the work stands now: a listener that joins work which has ended tells its job itself.
   */
  announce(work: NewEnrichment): Promise<EnrichmentRecord>
  read(id: EnrichmentId): Promise<EnrichmentRecord | undefined>

  claim(request: EnrichmentClaimRequest): Promise<EnrichmentClaimResult>
  renew(claim: EnrichmentClaim): Promise<HolderResult>
  /** Back to `pending`; an attempt that was not spent is given back. */
  release(claim: EnrichmentClaim, why: EnrichmentRelease): Promise<NextGenerationResult>
  /** What became of it is durable, or it is nobody's any more: it is due until it is settled. */
  finish(claim: EnrichmentClaim, end: EnrichmentEnd): Promise<HolderResult>
  /** Every listener knows: the work is forgotten. Work that has not ended stays. */
  settle(id: EnrichmentId): Promise<void>
  /** Override: the next generation of pending or lapsed work; `raced` unless it looks as it was seen. */
  overrideGeneration(
    id: EnrichmentId,
    seen: Pick<EnrichmentRecord, 'status' | 'epoch' | 'generation'>,
    dueInMs: number,
  ): Promise<OverrideResult>

  due(shard: number, limit: number): Promise<readonly EnrichmentId[]>
  postpone(id: EnrichmentId, dueInMs: number): Promise<void>
}

/** A job whose `enrichment` shows this work, and the conversation as the job calls it. */
export interface EnrichmentListener {
  readonly jobId: JobId
  readonly conversationId: ConversationId
}

export interface NewEnrichment extends EnrichmentSubject {
  readonly lane: Lane
  readonly listeners: readonly EnrichmentListener[]
  /** When recovery looks at it unless it moves first. */
  readonly dueInMs: number
}

/** `superseded`: the conversation has another revision by now, or is gone. */
export interface EnrichmentEnd {
  readonly verdict: EnrichmentObject['verdict'] | 'superseded'
  readonly reasonCode?: ReasonCode
}

interface RecordBase extends EnrichmentSubject {
  readonly id: EnrichmentId
  readonly lane: Lane
  readonly generation: number
  /** Rises with every claim and every override; the fencing number. */
  readonly epoch: number
  /** Executions so far, those given back left out. */
  readonly attempt: number
  /** Epoch ms. */
  readonly announcedAt: number
  readonly lastError?: string
  readonly listeners: readonly EnrichmentListener[]
}

export type EnrichmentRecord =
  | (RecordBase & { readonly status: 'pending' })
  | (RecordBase & { readonly status: 'running'; readonly leaseUntil: number })
  | (RecordBase & { readonly status: 'ended'; readonly end: EnrichmentEnd })

export interface EnrichmentClaim {
  readonly id: EnrichmentId
  readonly token: string
  readonly leaseMs: number
  readonly generation: number
  readonly attempt: number
}

export interface EnrichmentClaimRequest {
  readonly id: EnrichmentId
  readonly generation: number
  /** Fresh for every delivery; the same token asking again is answered `claimed` again. */
  readonly token: string
  readonly leaseMs: number
}

export type EnrichmentClaimResult =
  | {
      readonly kind: 'claimed'
      readonly claim: EnrichmentClaim
      readonly record: EnrichmentRecord
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale_generation'; readonly generation: number }
  | { readonly kind: 'locked'; readonly leaseUntil: number }
  | { readonly kind: 'ended'; readonly record: EnrichmentRecord }

export interface EnrichmentRelease {
  readonly lastError: string
  /** False when it was cut short by us, or only has to wait. */
  readonly attemptSpent: boolean
  /** The present generation's task will not call again. */
  readonly nextGeneration: boolean
  readonly dueInMs: number
}
