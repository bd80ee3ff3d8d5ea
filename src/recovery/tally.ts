import type { Verdict } from './recover-job.ts'
import type { FolderVerdict } from './sweep-folder.ts'

/** `skipped_newer`: a later revision's; `failed`: looks that ended in an error, and are made again; `busy_shards`: another pass is there. */
export type PassCount =
  | Verdict
  | FolderVerdict
  | 'checked'
  | 'failed'
  | 'skipped_newer'
  | 'swept'
  | 'busy_shards'
export type PassCounts = Readonly<Record<PassCount, number>>

export interface Tally {
  count(word: PassCount): void
  readonly counts: PassCounts
}

/** One pass under way. */
export interface Pass {
  /** Owns the leases this pass takes. */
  readonly token: string
  readonly tally: Tally
  readonly signal: AbortSignal
}

export function createTally(): Tally {
  const counts: Record<PassCount, number> = {
    checked: 0,
    ensured: 0,
    revived: 0,
    landed: 0,
    settled: 0,
    failed: 0,
    skipped_live: 0,
    skipped_waiting: 0,
    skipped_newer: 0,
    raced: 0,
    unproven: 0,
    gone: 0,
    busy_shards: 0,
    swept: 0,
    rebuilt: 0,
    same_as: 0,
    rewatched: 0,
    cleaned: 0,
    orphans_deleted: 0,
    kept: 0,
    young: 0,
  }
  return {
    count: (word) => {
      counts[word] += 1
    },
    counts,
  }
}
