import type { SegmentId, Uid, UidHash } from '../kernel/index.ts'

/**
 * How much speech of a user went to speech-to-text, in buckets of one minute of the store's own time,
 * kept for longer than the longest window that is asked about. One method is one atomic step on the
 * user's shard, safe to run twice. throws `UnavailableError` (party `redis`).
 *
 * A meter that the store forgot is `unknown`, never zero: nothing is counted on it until its past has
 * been restored.
 */
export interface SpeechMeter {
  /**
   * Counts a segment once, however often it is asked to (I5). With `dayBudgetMs`, a segment that would
   * lift the present UTC day above it is not counted.
   */
  count(user: MeteredUser, speech: SpeechToCount): Promise<CountResult>
  read(user: MeteredUser): Promise<MeterReading | undefined>
  /** Adds what is missing of the past, each segment once; the meter is known from here on. */
  restore(user: MeteredUser, past: readonly PastSpeech[]): Promise<void>
}

export interface MeteredUser {
  readonly uid: Uid
  readonly uidHash: UidHash
}

export interface SpeechToCount {
  readonly segmentId: SegmentId
  readonly speechMs: number
  readonly dayBudgetMs?: number
}

export type CountResult =
  /** `known`: it was counted before. */
  | { readonly kind: 'counted' | 'known' | 'unknown' }
  /** `resetsAt`: the next UTC midnight, epoch ms. */
  | { readonly kind: 'over_budget'; readonly resetsAt: number }

export interface PastSpeech {
  readonly segmentId: SegmentId
  readonly speechMs: number
  /** Epoch ms. */
  readonly meteredAt: number
}

export interface MeterReading {
  /** The store's time, epoch ms. */
  readonly now: number
  readonly buckets: readonly SpeechBucket[]
}

export interface SpeechBucket {
  /** Start of the minute, epoch ms. */
  readonly startMs: number
  readonly speechMs: number
}
