import type {
  ContentId,
  DispatchMode,
  IdempotencyId,
  JobId,
  Lane,
  Uid,
  UidHash,
} from '../kernel/index.ts'
import type { Claim } from './claim.ts'

export interface NewJob {
  /** Of the manifest and the record; a revision that knows only older ones leaves the job alone. */
  readonly schemaVersion: number
  readonly jobId: JobId
  readonly uid: Uid
  readonly uidHash: UidHash
  readonly contentId: ContentId
  readonly lane: Lane
  readonly dispatchMode: DispatchMode
  readonly byok: boolean
  readonly totalFiles: number
  readonly createdAt: number
  readonly capturedAt: number
  /** When recovery looks at it unless it moves first. */
  readonly dueInMs: number
  /** A holder of this content proven to have neither record, outcome nor manifest. */
  readonly voidHolder?: JobId
  /** Born held: the accepting process runs it. */
  readonly claim?: { readonly token: string; readonly leaseMs: number }
  /** Stands for this job from now on. */
  readonly key?: KeyUse
  /** The record is one that the store forgot; its timeline begins by saying so. */
  readonly rebuiltFrom?: 'manifest'
}

/** One use of a user's idempotency key; it is kept for `keptMs` from then. */
export interface KeyUse {
  readonly keyId: IdempotencyId
  readonly keptMs: number
}

export interface KeyHolder {
  readonly jobId: JobId
  readonly contentId: ContentId
}

export type CreateJobResult =
  /** Also when this very job was created before: its reply was lost. */
  | { readonly kind: 'created'; readonly claim?: Claim }
  /** Another job holds this content. */
  | { readonly kind: 'held'; readonly jobId: JobId }
  /** The key stands for other content; nothing was made. */
  | { readonly kind: 'reused' }
