import type { RecoveryStore } from '../../ports/index.ts'
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
  const passes = new Map<number, Lease>()
  const sweeps = new Map<number, Lease>()
  const lost = new Map<number, number>()
  const whole = new Set<number>()
  const walks = new Map<number, Walk>()

  const take = (
    leases: Map<number, Lease>,
    key: number,
    { token, leaseMs }: { readonly token: string; readonly leaseMs: number },
  ): boolean => {
    const held = leases.get(key)
    if (held && held.until > shelf.now()) return held.token === token
    leases.set(key, { token, until: shelf.now() + leaseMs })
    return true
  }
  const isHeldBy = (leases: Map<number, Lease>, key: number, token: string) => {
    const held = leases.get(key)
    return held?.token === token && held.until > shelf.now()
  }

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
    beginPass: async (shard, lease) => {
      const isTaken = take(passes, shard, lease)
      if (!whole.has(shard) && !lost.has(shard)) lost.set(shard, shelf.now())
      return { isTaken, lostSince: lost.get(shard) }
    },
    endPass: async (shard, token) => {
      if (isHeldBy(passes, shard, token)) passes.delete(shard)
    },
    confirmShard: async (shard, lostSince) => {
      if (lost.get(shard) !== lostSince) return
      lost.delete(shard)
      whole.add(shard)
    },
    beginSweep: async (part, lease) => {
      const isTaken = take(sweeps, part, lease)
      const { cursor, beganAt, wholeSince } = walks.get(part) ?? {}
      return { isTaken, now: shelf.now(), cursor, beganAt, wholeSince }
    },
    endSweep: async (part, token, { beganAt, cursor }) => {
      if (!isHeldBy(sweeps, part, token)) return
      sweeps.delete(part)
      const { wholeSince } = walks.get(part) ?? {}
      walks.set(
        part,
        cursor === undefined ? { wholeSince: beganAt } : { cursor, beganAt, wholeSince },
      )
    },
  }
}
