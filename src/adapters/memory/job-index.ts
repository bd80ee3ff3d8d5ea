import { isTerminal, type Status, shardOfJob } from '../../kernel/index.ts'
import { compareIndexed, type IndexedState, type JobIndex } from '../../ports/index.ts'
import type { JobEntry } from './job-entry.ts'
import type { JobShelf } from './job-shelf.ts'

/** The same answers as the sorted sets on Redis, read off the shelf. */
export function createJobIndex(shelf: Pick<JobShelf, 'all' | 'stalledSince'>): JobIndex {
  const indexed = (shard: number, state: IndexedState) =>
    shelf
      .all()
      .filter((entry) => shardOfJob(entry.job.jobId) === shard && isIn(state, entry.status))
      .map((entry) => ({ jobId: entry.job.jobId, at: indexedAt(entry) }))
      .sort(compareIndexed)
  const running = (shard: number, limit: number) => shelf.stalledSince(Infinity, shard, limit)
  return {
    pageOfJobs: async ({ shard, state, before, limit }) =>
      indexed(shard, state)
        .filter((job) => !before || compareIndexed(before, job) < 0)
        .slice(0, limit),
    countEnded: async (shard, status, { fromAt, toAt }) =>
      indexed(shard, status).filter(({ at }) => at >= fromAt && at < toAt).length,
    liveJobs: async (shard) => {
      const live = indexed(shard, 'live')
      const counts = { count: live.length, running: running(shard, Infinity).length }
      const oldest = live.at(-1)
      return oldest ? { ...counts, oldestAt: oldest.at } : counts
    },
    runningJobs: async (shard, limit) => running(shard, limit),
  }
}

function isIn(state: IndexedState, status: Status): boolean {
  return state === 'live' ? !isTerminal(status) : status === state
}

function indexedAt(entry: JobEntry): number {
  return isTerminal(entry.status) ? entry.endedAt : entry.job.createdAt
}
