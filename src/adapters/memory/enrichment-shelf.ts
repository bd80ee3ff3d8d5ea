import { type EnrichmentId, shardOfEnrichment } from '../../kernel/index.ts'
import type {
  Clock,
  EnrichmentClaim,
  EnrichmentEnd,
  EnrichmentListener,
  EnrichmentRecord,
  NewEnrichment,
} from '../../ports/index.ts'

/** One record, whatever its status; never changed in place. */
export interface Work
  extends Pick<NewEnrichment, 'uidHash' | 'conversationId' | 'revision' | 'lane'> {
  readonly id: EnrichmentId
  readonly status: EnrichmentRecord['status']
  readonly generation: number
  readonly epoch: number
  readonly attempt: number
  readonly announcedAt: number
  readonly lastError: string | undefined
  readonly listeners: readonly EnrichmentListener[]
  readonly token: string | undefined
  readonly leaseUntil: number
  /** Of the last release or finish, so that a resent one is answered alike. */
  readonly letGoBy: string | undefined
  readonly end: EnrichmentEnd | undefined
}

/** A holder's work is looked at this long after its lease, so that its own retry comes first. */
const DUE_AFTER_LEASE_MS = 1_000
/** The work and its due index. Bodies are synchronous: each is one step. */
export interface WorkShelf {
  now(): number
  find(id: EnrichmentId): Work | undefined
  /** Replaces the work whole; with a time also its next look. */
  put(work: Work, dueInMs?: number): EnrichmentRecord
  forget(id: EnrichmentId): void
  lookAgainIn(id: EnrichmentId, ms: number): void
  due(shard: number, limit: number): EnrichmentId[]
  /** The work under this claim, if it is still its own. */
  held(claim: EnrichmentClaim): Work | undefined
  hold(work: Work, leaseMs: number): EnrichmentRecord
}

export function createWorkShelf(clock: Pick<Clock, 'now'>): WorkShelf {
  const works = new Map<EnrichmentId, Work>()
  const dueAt = new Map<EnrichmentId, number>()
  const now = () => Math.floor(clock.now())
  const put = (work: Work, dueInMs?: number) => {
    works.set(work.id, work)
    if (dueInMs !== undefined) dueAt.set(work.id, now() + dueInMs)
    return recordOf(work)
  }
  return {
    now,
    put,
    find: (id) => works.get(id),
    forget: (id) => {
      works.delete(id)
      dueAt.delete(id)
    },
    lookAgainIn: (id, ms) => void dueAt.set(id, now() + ms),
    due: (shard, limit) =>
      [...dueAt]
        .filter(([id, at]) => shardOfEnrichment(id) === shard && at <= now())
        .sort(([a, at], [b, bt]) => at - bt || (a < b ? -1 : 1))
        .slice(0, limit)
        .map(([id]) => id),
    held: ({ id, token }) => {
      const work = works.get(id)
      return work?.status === 'running' && work.token === token ? work : undefined
    },
    hold: (work, leaseMs) =>
      put({ ...work, leaseUntil: now() + leaseMs }, leaseMs + DUE_AFTER_LEASE_MS),
  }
}

/** Nobody holds it any more. */
export function letGo(work: Work, by: string | undefined): Work {
  return { ...work, token: undefined, leaseUntil: 0, letGoBy: by, epoch: work.epoch + 1 }
}

export function newWork(given: NewEnrichment, id: EnrichmentId, now: number): Work {
  const { uidHash, conversationId, revision, lane } = given
  return {
    ...{ id, uidHash, conversationId, revision, lane },
    status: 'pending',
    generation: 0,
    epoch: now,
    attempt: 0,
    announcedAt: now,
    lastError: undefined,
    listeners: [],
    token: undefined,
    leaseUntil: 0,
    letGoBy: undefined,
    end: undefined,
  }
}

export function joined(
  known: readonly EnrichmentListener[],
  more: readonly EnrichmentListener[],
): readonly EnrichmentListener[] {
  const keyOf = (each: EnrichmentListener) => `${each.jobId}:${each.conversationId}`
  return [...new Map([...known, ...more].map((each) => [keyOf(each), each])).values()]
}

export function recordOf(work: Work): EnrichmentRecord {
  const { id, uidHash, conversationId, revision, lane } = work
  const { generation, epoch, attempt, announcedAt, listeners, lastError } = work
  const shared = {
    ...{ id, uidHash, conversationId, revision, lane, generation, epoch, attempt, announcedAt },
    listeners,
    ...(lastError === undefined ? {} : { lastError }),
  }
  if (work.status === 'running') {
    return { ...shared, status: 'running', leaseUntil: work.leaseUntil }
  }
  return work.end ? { ...shared, status: 'ended', end: work.end } : { ...shared, status: 'pending' }
}
