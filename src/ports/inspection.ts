/**
 * The parties as their owners set them up: looked at, never changed. Every method throws when the party
 * does not answer or does not let us look; nothing is proven then.
 */
export interface QueueInspector {
  /** The queue's id. */
  readonly queue: string
  readonly project: string
  readonly location: string
  /** Undefined: there is no such queue. */
  describe(signal: AbortSignal): Promise<QueueFacts | undefined>
  /** What the service must be permitted on it and is not, in the vendor's words. */
  missingPermissions(signal: AbortSignal): Promise<readonly string[]>
}

export interface QueueFacts {
  /** `running`, `paused`, `disabled`. */
  readonly state: string
  /** The first one included; -1 without limit. */
  readonly maxAttempts: number
  readonly minBackoffMs: number
  readonly maxBackoffMs: number
  readonly maxDoublings: number
  /** 0: attempts alone end a task. */
  readonly maxRetryDurationMs: number
  readonly maxDispatchesPerSecond: number
  readonly maxConcurrentDispatches: number
  /** Share of its operations that it logs. */
  readonly logSamplingRatio: number
}

export interface BucketInspector {
  readonly bucket: string
  /** Undefined: there is no such bucket. */
  describe(signal: AbortSignal): Promise<BucketFacts | undefined>
  missingPermissions(signal: AbortSignal): Promise<readonly string[]>
}

export interface BucketFacts {
  /** Access is granted on the bucket alone, never on an object. */
  readonly isUniform: boolean
  readonly isPublicPrevented: boolean
  readonly isVersioned: boolean
  /** How long deleted objects can be brought back; 0: not at all. */
  readonly softDeleteMs: number
  /** How long no object can be deleted or replaced; 0: always. */
  readonly retentionMs: number
  /** Lifecycle rules that delete live objects. */
  readonly deletions: readonly DeletionRule[]
}

export interface DeletionRule {
  /** Undefined: it goes by something else than age. */
  readonly ageDays: number | undefined
  /** Empty: objects of any name. */
  readonly prefixes: readonly string[]
  /** Further conditions narrow it. */
  readonly isConditional: boolean
}

export interface StoreInspector {
  /** One entry a node: a single server has one, a cluster its masters. */
  nodes(): Promise<readonly StoreNodeFacts[]>
  /** One round trip to each node: the slowest. */
  roundTripMs(): Promise<number>
  /** The store's clock, epoch ms. */
  now(): Promise<number>
}

export interface StoreNodeFacts {
  /** `host:port`, as it was reached. */
  readonly node: string
  readonly version: string
  readonly role: string
  /** What it does when memory is full: `noeviction`, `allkeys-lru`, … */
  readonly evictionPolicy: string
  /** 0: no limit. */
  readonly maxMemoryBytes: number
  readonly usedMemoryBytes: number
  readonly isAppendOnly: boolean
  /** When it writes snapshots; empty: never; undefined: it does not say. */
  readonly snapshotRules: string | undefined
}

export interface CertificateInspector {
  readonly url: string
  /** Never throws: whatever is not certificates is `unreachable`, with a word on why. */
  fetch(): Promise<
    | { readonly kind: 'certificates'; readonly keys: number; readonly maxAgeMs: number }
    | { readonly kind: 'unreachable'; readonly reason: string }
  >
}
