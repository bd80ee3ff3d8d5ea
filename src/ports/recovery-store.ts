import type { JobId } from '../kernel/index.ts'

/**
 * What recovery needs of the job store: what is due, who looks after a shard, whether a shard may have
 * forgotten jobs, and how far the sweep of the staged objects has come. Instants are the store's.
 */
export interface RecoveryStore {
  /** Jobs whose next check is due, oldest first. Costs by what is due, not by what exists. */
  due(shard: number, limit: number): Promise<readonly JobId[]>
  /** Jobs under a lease, live or lapsed, without progress for so long: the longest first. */
  stalled(
    shard: number,
    options: { readonly forMs: number; readonly limit: number },
  ): Promise<readonly JobId[]>
  /** Nothing when `seen` is given and the job moved since: whoever moved it said when it is due. */
  postpone(jobId: JobId, dueInMs: number, seen?: { readonly epoch: number }): Promise<void>
  /**
   * Makes a lost due entry anew, due at once. `due`: it has one; `settled`: it owes nothing;
   * `missing`: there is no record.
   */
  keepDue(jobId: JobId): Promise<'added' | 'due' | 'settled' | 'missing'>

  /**
   * Takes the pass lease of a shard, and tells since when its sentinel is missing, held or not. Given
   * `stalledForMs`, a shard where nothing is due and nothing stalls for so long is left as `idle`.
   */
  beginPass(shard: number, lease: PassLease, stalledForMs?: number): Promise<ShardPass>
  endPass(shard: number, token: string): Promise<void>
  /** Sets the sentinel, unless another loss was seen since. */
  confirmShard(shard: number, lostSince: number): Promise<void>

  /** When a pass last came to the first part of the staged objects; undefined if none ever did. */
  lastPassAt(): Promise<number | undefined>

  /**
   * Takes the lease of one part of the staged objects; how far its walk has come, held or not. `idle`:
   * no walk is under way, and the last whole one began not before `since` and within `againMs`.
   */
  beginSweep(part: number, lease: PassLease & SweepNeed): Promise<SweepWalk>
  /** Gives the lease back; without a cursor the walk was whole. Nothing when the lease was lost. */
  endSweep(
    part: number,
    token: string,
    walk: { readonly beganAt: number; readonly cursor: string | undefined },
  ): Promise<void>
}

export interface PassLease {
  readonly token: string
  readonly leaseMs: number
}

export interface SweepNeed {
  readonly since: number
  readonly againMs: number
}

/** `busy`: another has the lease. */
export type LeaseAnswer = 'taken' | 'busy' | 'idle'

export interface ShardPass {
  readonly kind: LeaseAnswer
  /** Undefined while the sentinel stands. */
  readonly lostSince: number | undefined
}

export interface SweepWalk {
  readonly kind: LeaseAnswer
  readonly now: number
  /** Name after which the walk under way goes on. */
  readonly cursor: string | undefined
  /** When the walk under way began. */
  readonly beganAt: number | undefined
  /** When the last whole walk began. */
  readonly wholeSince: number | undefined
}
