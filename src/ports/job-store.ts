import type {
  ContentId,
  ConversationId,
  EnrichmentNote,
  IdempotencyId,
  JobId,
  JobRecord,
  Lane,
  Outcome,
  ReasonCode,
  SegmentId,
  StatusView,
  Uid,
  UidHash,
  WaitingFor,
} from '../kernel/index.ts'
import type { Claim, ClaimRequest, ClaimResult, KeepResult } from './claim.ts'
import type { JobIndex } from './job-index.ts'
import type { Ledger, RunNews, SegmentMark } from './ledger.ts'
import type { CreateJobResult, KeyHolder, KeyUse, NewJob } from './new-job.ts'
import type { RecoveryStore } from './recovery-store.ts'

/**
 * The truth about now: who works, what is due. One method is one atomic step on one shard, timed by
 * the store's own clock, and safe to run twice with the same arguments. Refusal is the store's, not
 * the caller's (I3). throws `UnavailableError` (party `redis`) when the step may or may not have happened;
 * `refused` when it proves that it has not.
 *
 * Holder writes take a `Claim` and answer `lost` unless its token is the record's. Override writes
 * take what the caller saw and answer `raced` unless the record still looks so; they raise the epoch,
 * which fences the holder. Nothing changes a terminal record (I2).
 */
export interface JobStore extends JobIndex, RecoveryStore {
  /** Also takes the content claim; with `claim` the record is born held (inline). */
  create(job: NewJob): Promise<CreateJobResult>
  read(jobId: JobId): Promise<JobRecord | undefined>
  /** The ready-made answer of a status poll: one command. */
  view(jobId: JobId): Promise<StatusView | undefined>
  /** How this content stands, if any job of the user has had it. */
  contentStanding(uid: Uid, contentId: ContentId): Promise<ContentStanding>
  /** What an idempotency key stands for, while it is kept. */
  keyHolder(uid: Uid, keyId: IdempotencyId): Promise<KeyHolder | undefined>
  /** Lets a key stand for a job that has its content already; `reused` when it stands for other content. */
  bindKey(key: KeyUse, holder: KeyHolder): Promise<'bound' | 'reused'>

  claim(request: ClaimRequest): Promise<ClaimResult>
  renew(claim: Claim): Promise<HolderResult>
  /** Marks segments, and whatever else the run has to tell; a mark once set never changes. */
  mark(claim: Claim, marks: readonly SegmentMark[], also?: RunNews): Promise<HolderResult>
  ledger(jobId: JobId): Promise<Ledger>
  marks(jobId: JobId): Promise<ReadonlyMap<SegmentId, SegmentMark>>
  /** Back to `queued` after a failed attempt. */
  requeue(claim: Claim, why: RequeueReason): Promise<HolderResult>
  /** Back to `queued` to wait, under the next generation; the attempt is given back. */
  snooze(claim: Claim, why: SnoozeReason): Promise<NextGenerationResult>
  /** The platform burnt this generation's deliveries: queued under the next one. */
  continueNext(claim: Claim, why: RequeueReason): Promise<NextGenerationResult>
  /** The attempt is over; its holder keeps the job for the next one, so that nobody else gets a turn. */
  keep(claim: Claim, why: KeepReason): Promise<KeepResult>
  /**
   * A slot of the user is free: the oldest capture that waits for one is queued under its next
   * generation, due now; undefined when none waits. The same claim asking again is answered alike.
   */
  wakeWaiter(claim: Claim, uidHash: UidHash, dueInMs: number): Promise<WokenJob | undefined>
  /** Freezes the result. From here the job can only be brought to this end. */
  beginEnding(claim: Claim, outcome: Outcome): Promise<HolderResult>

  /**
   * Records what the durable outcome says; anyone may, since it only repeats what is durable. A job whose
   * blobs and manifest are dealt with already, and that owes nothing else, `isSettled` in the same step.
   */
  finalize(
    jobId: JobId,
    outcome: Outcome,
    how?: { readonly isSettled?: boolean },
  ): Promise<FinalizeResult>
  /**
   * How the summaries of an ended job's conversations stand. The only thing of it that still moves;
   * what has ended for one conversation never changes. Unknown and live jobs are left alone.
   */
  noteEnrichment(jobId: JobId, notes: ReadonlyMap<ConversationId, EnrichmentNote>): Promise<void>
  /** Outcome, blobs and manifest are dealt with: leaves the due index and starts its retention. */
  settle(jobId: JobId): Promise<void>

  /** Override: a holder or none, ended by recovery, operator or user; the result is frozen. */
  overrideEnding(jobId: JobId, seen: Seen, outcome: Outcome): Promise<OverrideResult>
  /** Override: the next generation, queued; `revival` counts it against the cap. */
  overrideGeneration(
    jobId: JobId,
    seen: Seen,
    options: {
      readonly revival: boolean
      readonly dueInMs: number
      /** For the job's timeline. */
      readonly reason?: string
    },
  ): Promise<OverrideResult>

  events(jobId: JobId): Promise<readonly JobEvent[]>
  /** The lines after the one with this id; all that are kept without one. */
  eventsSince(jobId: JobId, eventId: string | undefined): Promise<readonly StreamedEvent[]>
  /** Adds a line to the job's timeline and changes nothing else; a missing job has none. */
  note(jobId: JobId, name: string, facts: JobEvent['facts']): Promise<void>
}

export type HolderResult = 'ok' | 'lost'
export type OverrideResult =
  | { readonly kind: 'done'; readonly generation: number }
  | { readonly kind: 'raced' | 'missing' }
export type FinalizeResult =
  /** `isSlotWanted`: another job of the user may be waiting for the slot that came free. */
  { readonly kind: 'finalized'; readonly isSlotWanted: boolean } | { readonly kind: 'missing' }
export type NextGenerationResult =
  | { readonly kind: 'queued'; readonly generation: number }
  | { readonly kind: 'lost' }

export interface WokenJob {
  readonly jobId: JobId
  readonly generation: number
  readonly lane: Lane
}

export interface RequeueReason {
  readonly lastError: string
  readonly reasonCode?: ReasonCode
  /** False when the attempt was cut short by us (SIGTERM): it is given back. */
  readonly attemptSpent: boolean
  readonly dueInMs: number
}

/** `dueInMs`: until its holder tries again. */
export interface KeepReason extends RequeueReason {
  readonly waitingFor: WaitingFor
}

export interface SnoozeReason {
  readonly waitingFor: WaitingFor
  readonly forMs: number
  readonly reasonCode?: ReasonCode
}

export interface ContentStanding {
  /** The job that holds it. */
  readonly holder?: JobId
  /** Epoch ms until which it is paused, because it kept failing alike. */
  readonly pausedUntil?: number
}

/** What an override saw; compared by the store before it writes. */
export interface Seen {
  readonly status: JobRecord['status']
  readonly epoch: number
  readonly generation: number
  /** Compared when given: a holder that renewed since is alive (F46). */
  readonly leaseUntil?: number
  /** Compared when given: what landed since would be missing in an end counted before. */
  readonly progressAt?: number
}

/** One line of a job's timeline. */
export interface JobEvent {
  readonly at: number
  readonly name: string
  readonly facts: Readonly<Record<string, string>>
}

/** `id` is two numbers with a dash, rising; also over a life that the store has forgotten. */
export interface StreamedEvent extends JobEvent {
  readonly id: string
}
