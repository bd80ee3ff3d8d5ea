import type { PassLease, RecoveryStore } from '../../ports/index.ts'
import type { JobShelf } from './job-shelf.ts'

interface Lease {
  readonly token: string
  readonly until: number
}
interface Walk {
  readonly cursor?: string | undefined
  readonly beganAt?: number | undefined
  readonly wholeSince?: number | undefined
}

/** What recovery keeps beside the jobs. */
export function createJobRecoveryWrites(shelf: JobShelf): RecoveryStore {
  const passes = createLeases(shelf)
  const sweeps = createLeases(shelf)
  const lost = new Map<number, number>()
  const whole = new Set<number>()
  const walks = new Map<number, Walk>()
  let passedAt: number | undefined

  const isIdle = (shard: number, forMs: number) =>
    shelf.due(shard, 1).length === 0 &&
    shelf.stalledSince(shelf.now() - forMs, shard, 1).length === 0

  return {
    due: async (shard, limit) => shelf.due(shard, limit),
    stalled: async (shard, { forMs, limit }) =>
      shelf.stalledSince(shelf.now() - forMs, shard, limit),
    postpone: async (jobId, dueInMs, seen) => {
      const entry = shelf.find(jobId)
      if (!entry || entry.settled) return shelf.lookNoMore(jobId)
      if (seen && seen.epoch !== entry.epoch) return
      shelf.lookAgainAt(jobId, shelf.now() + dueInMs)
    },
    keepDue: async (jobId) => {
      const entry = shelf.find(jobId)
      if (!entry) return 'missing'
      if (entry.settled) return 'settled'
      if (shelf.isLookedAt(jobId)) return 'due'
      shelf.lookAgainAt(jobId, shelf.now())
      return 'added'
    },
    beginPass: async (shard, lease, stalledForMs) => {
      const idle = stalledForMs !== undefined && isIdle(shard, stalledForMs)
      const kind = idle ? 'idle' : passes.take(shard, lease)
      if (!whole.has(shard) && !lost.has(shard)) lost.set(shard, shelf.now())
      return { kind, lostSince: lost.get(shard) }
    },
    endPass: async (shard, token) => {
      passes.giveBack(shard, token)
    },
    confirmShard: async (shard, lostSince) => {
      if (lost.get(shard) !== lostSince) return
      lost.delete(shard)
      whole.add(shard)
    },
    lastPassAt: async () => passedAt,
    beginSweep: async (part, lease) => {
      if (part === 0) passedAt = shelf.now()
      const { cursor, beganAt, wholeSince = -1 } = walks.get(part) ?? {}
      const isRecent = wholeSince >= lease.since && shelf.now() - wholeSince < lease.againMs
      const kind = cursor === undefined && isRecent ? 'idle' : sweeps.take(part, lease)
      return { kind, now: shelf.now(), cursor, beganAt, wholeSince: walks.get(part)?.wholeSince }
    },
    endSweep: async (part, token, { beganAt, cursor }) => {
      if (!sweeps.giveBack(part, token)) return
      const { wholeSince } = walks.get(part) ?? {}
      walks.set(
        part,
        cursor === undefined ? { wholeSince: beganAt } : { cursor, beganAt, wholeSince },
      )
    },
  }
}

function createLeases(shelf: Pick<JobShelf, 'now'>) {
  const leases = new Map<number, Lease>()
  return {
    take: (key: number, { token, leaseMs }: PassLease): 'taken' | 'busy' => {
      const held = leases.get(key)
      if (held && held.until > shelf.now()) return held.token === token ? 'taken' : 'busy'
      leases.set(key, { token, until: shelf.now() + leaseMs })
      return 'taken'
    },
    /** @returns whether it was held by this token */
    giveBack: (key: number, token: string): boolean => {
      const held = leases.get(key)
      return held?.token === token && held.until > shelf.now() && leases.delete(key)
    },
  }
}
