import type { JobId, Lane, ReasonCode, Status, Uid, UidHash } from '../kernel/index.ts'

/**
 * All that a span may say: ids of our own making, words of closed sets, numbers. Nothing a user wrote,
 * spoke or is known by has a name here, and what has no name is not exported.
 */
export interface SpanFacts {
  readonly jobId?: JobId | undefined
  readonly generation?: number | undefined
  readonly attempt?: number | undefined
  readonly epoch?: number | undefined
  readonly lane?: Lane | undefined
  readonly uidHash?: UidHash | undefined
  /** Exported only where raw user ids are asked for. */
  readonly uid?: Uid | undefined
  readonly status?: Status | undefined
  readonly outcome?: string | undefined
  readonly reasonCode?: ReasonCode | string | undefined
  readonly httpStatus?: number | undefined
  readonly files?: number | undefined
  readonly bytes?: number | undefined
  readonly audioSeconds?: number | undefined
  readonly provider?: string | undefined
  /** First part of an object's name: `staging`, `plans`, … */
  readonly objects?: string | undefined
}

/** Names under which they are exported, in the manner of the semantic conventions. */
const ATTRIBUTES = {
  jobId: 'sync.job.id',
  generation: 'sync.job.generation',
  attempt: 'sync.job.attempt',
  epoch: 'sync.job.epoch',
  lane: 'sync.job.lane',
  uidHash: 'sync.user.hash',
  uid: 'user.id',
  status: 'sync.job.status',
  outcome: 'sync.outcome',
  reasonCode: 'sync.reason_code',
  httpStatus: 'http.response.status_code',
  files: 'sync.upload.files',
  bytes: 'sync.upload.bytes',
  audioSeconds: 'sync.audio.seconds',
  provider: 'sync.provider',
  objects: 'sync.objects',
} as const satisfies Record<keyof SpanFacts, string>

export type SpanAttributes = Readonly<Record<string, string | number>>

/** Longer than any id or word of ours. */
const MAX_LENGTH = 128

/** The allow-list at work, whatever the types let through. */
export function attributesOf(facts: SpanFacts, rawUid: boolean): SpanAttributes {
  const attributes: Record<string, string | number> = {}
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    const value: unknown = Reflect.get(facts, name)
    if (name === 'uid' && !rawUid) continue
    if (typeof value === 'number') attributes[attribute] = value
    if (typeof value === 'string') attributes[attribute] = value.slice(0, MAX_LENGTH)
  }
  return attributes
}

/** What every line written within a span carries, too: which job, and which holder of it. */
export function lineFactsOf({ jobId, attempt, epoch, lane }: SpanFacts): Record<string, unknown> {
  const facts = { jobId, attempt, epoch, lane }
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}
