import {
  type ContentId,
  type JobId,
  shardOfJob,
  shardOfUid,
  type Uid,
  type UidHash,
} from '../../kernel/index.ts'
import type { Clock, JobEvent } from '../../ports/index.ts'
import { type ContentFailures, createContentFailures } from './content-failures.ts'
import type { JobEntry } from './job-entry.ts'
import { createKeyShelf, type KeyShelf } from './key-shelf.ts'

/** A holder's job is looked at this long after its lease, so that its own retry comes first. */
const DUE_AFTER_LEASE_MS = 1_000
const EVENTS_KEPT = 200

/** The jobs and their indexes: due, running per user, waiting for a slot per user, content. */
export interface JobShelf extends KeyShelf {
  now(): number
  find(jobId: JobId): JobEntry | undefined
  all(): readonly JobEntry[]
  /** Replaces the entry whole; the events join its timeline. */
  put(entry: JobEntry, ...events: readonly Omit<JobEvent, 'at'>[]): void

  contentHolder(uid: Uid, contentId: ContentId): JobId | undefined
  holdContent(uid: Uid, contentId: ContentId, jobId: JobId, untilAt: number): void
  dropContent(uid: Uid, contentId: ContentId): void

  readonly failures: ContentFailures

  lookAgainAt(jobId: JobId, at: number): void
  lookNoMore(jobId: JobId): void
  isLookedAt(jobId: JobId): boolean
  due(shard: number, limit: number): JobId[]
  /** Jobs under a lease whose last progress is not after `at`. */
  stalledSince(at: number, shard: number, limit: number): JobId[]

  /** Starts or renews a lease; answers when it ends. */
  hold(entry: JobEntry, leaseMs: number): number
  hasSlot(entry: JobEntry, userSlots: number): boolean
  releaseSlot(entry: JobEntry): void
  awaitSlot(entry: JobEntry): void
  /** Jobs of the user that wait for a slot, oldest capture first. */
  waiters(uidHash: UidHash): JobId[]
  awaitSlotNoMore(entry: JobEntry): void
}

export function createJobShelf(clock: Pick<Clock, 'now'>): JobShelf {
  const entries = new Map<JobId, JobEntry>()
  const dueAt = new Map<JobId, number>()
  const runningSince = new Map<JobId, number>()
  const leaseEnds = new Map<UidHash, Map<JobId, number>>()
  const waiting = new Map<UidHash, Map<JobId, number>>()
  const now = () => Math.floor(clock.now())

  const slotsOf = (entry: JobEntry) => mapOf(leaseEnds, entry.job.uidHash)
  const waitersOf = (entry: JobEntry) => mapOf(waiting, entry.job.uidHash)

  return {
    now,
    ...createKeyShelf(now),
    find: (jobId) => {
      const entry = entries.get(jobId)
      if (entry && entry.forgetAt <= now()) entries.delete(jobId)
      return entries.get(jobId)
    },
    all: () => [...entries.values()].filter((entry) => entry.forgetAt > now()),
    put: (entry, ...events) => {
      const timeline = [...entry.events, ...events.map((event) => ({ at: now(), ...event }))]
      const eventsTold = entry.eventsTold + events.length
      entries.set(entry.job.jobId, { ...entry, events: timeline.slice(-EVENTS_KEPT), eventsTold })
    },
    ...createContentShelf(now),
    failures: createContentFailures(now),

    lookAgainAt: (jobId, at) => void dueAt.set(jobId, at),
    lookNoMore: (jobId) => {
      dueAt.delete(jobId)
      runningSince.delete(jobId)
    },
    isLookedAt: (jobId) => dueAt.has(jobId),
    due: (shard, limit) => upTo(dueAt, now(), shard, limit),
    stalledSince: (at, shard, limit) => upTo(runningSince, at, shard, limit),

    hold: (entry, leaseMs) => {
      const leaseEnd = now() + leaseMs
      slotsOf(entry).set(entry.job.jobId, leaseEnd)
      // By last progress, not by renewal: a run that hangs is found though its lease lives.
      runningSince.set(entry.job.jobId, entry.progressAt)
      dueAt.set(entry.job.jobId, leaseEnd + DUE_AFTER_LEASE_MS)
      return leaseEnd
    },
    hasSlot: (entry, userSlots) => {
      const slots = slotsOf(entry)
      for (const [jobId, leaseEnd] of slots) if (leaseEnd <= now()) slots.delete(jobId)
      return userSlots === 0 || slots.has(entry.job.jobId) || slots.size < userSlots
    },
    releaseSlot: (entry) => {
      slotsOf(entry).delete(entry.job.jobId)
      runningSince.delete(entry.job.jobId)
      const [oldest] = byScore([...waitersOf(entry)])
      if (oldest && dueAt.has(oldest)) dueAt.set(oldest, now())
    },
    awaitSlot: (entry) => {
      waitersOf(entry).set(entry.job.jobId, entry.job.capturedAt)
      runningSince.delete(entry.job.jobId)
    },
    waiters: (uidHash) => byScore([...mapOf(waiting, uidHash)]),
    awaitSlotNoMore: (entry) => void waitersOf(entry).delete(entry.job.jobId),
  }
}

function createContentShelf(
  now: () => number,
): Pick<JobShelf, 'contentHolder' | 'holdContent' | 'dropContent'> {
  const contents = new Map<string, { jobId: JobId; untilAt: number }>()
  const keyOf = (uid: Uid, contentId: ContentId) => `${shardOfUid(uid)}:${contentId}`
  return {
    contentHolder: (uid, contentId) => {
      const held = contents.get(keyOf(uid, contentId))
      return held && held.untilAt > now() ? held.jobId : undefined
    },
    holdContent: (uid, contentId, jobId, untilAt) =>
      void contents.set(keyOf(uid, contentId), { jobId, untilAt }),
    dropContent: (uid, contentId) => void contents.delete(keyOf(uid, contentId)),
  }
}

function mapOf<Key>(maps: Map<Key, Map<JobId, number>>, key: Key): Map<JobId, number> {
  const found = maps.get(key) ?? new Map<JobId, number>()
  maps.set(key, found)
  return found
}

function upTo(scores: Map<JobId, number>, most: number, shard: number, limit: number): JobId[] {
  const within = [...scores].filter(([jobId, at]) => at <= most && shardOfJob(jobId) === shard)
  return byScore(within).slice(0, limit)
}

function byScore(scored: [JobId, number][]): JobId[] {
  return scored.sort(([a, at], [b, bt]) => at - bt || (a < b ? -1 : 1)).map(([jobId]) => jobId)
}
