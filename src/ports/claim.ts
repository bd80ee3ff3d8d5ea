import type { JobId } from '../kernel/index.ts'
import type { Ledger } from './ledger.ts'

/** Exclusive right with an end. The token is the fencing proof; the store compares it. */
export interface Claim {
  readonly jobId: JobId
  readonly token: string
  readonly epoch: number
  readonly generation: number
  readonly attempt: number
  readonly leaseMs: number
}

export interface ClaimRequest {
  readonly jobId: JobId
  readonly generation: number
  /** Fresh for every delivery; the same token asking again is answered `claimed` again. */
  readonly token: string
  readonly leaseMs: number
  /** Jobs of one user that may run at once; 0 for no limit. */
  readonly userSlots: number
  /** How long a job without a slot is put off. */
  readonly slotSnoozeMs: number
}

export type ClaimResult =
  | { readonly kind: 'claimed'; readonly claim: Claim; readonly ledger: Ledger }
  | { readonly kind: 'missing' }
  /** A newer revision's job: nothing was changed. */
  | { readonly kind: 'newer_schema'; readonly version: number }
  | { readonly kind: 'stale_generation'; readonly generation: number }
  | { readonly kind: 'terminal' }
  | { readonly kind: 'locked'; readonly leaseUntil: number }
  /** The user's slots are taken; the job was snoozed under this generation. */
  | { readonly kind: 'no_slot'; readonly generation: number; readonly retryAt: number }
  /** A frozen result waits to be completed; nobody may run it again. */
  | { readonly kind: 'ending' }

/** The same token under the next attempt. */
export type KeepResult =
  | { readonly kind: 'kept'; readonly claim: Claim; readonly ledger: Ledger }
  | { readonly kind: 'lost' }
