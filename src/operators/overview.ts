import { inParallel, type JobRecord, SHARD_COUNT, type TerminalStatus } from '../kernel/index.ts'
import type { JobStore } from '../ports/index.ts'
import { listJobs, reasonOf } from './list-jobs.ts'

/** How the whole stands now, and how jobs ended of late. Instants are epoch ms. */
export interface Overview {
  readonly at: number
  readonly live: number
  /** When the oldest job that has not ended was accepted. */
  readonly oldestLiveAt?: number
  /** Counted over the newest live jobs; `sampled` says over how many. */
  readonly sample: LiveSample
  readonly endedByHour: readonly EndedInHour[]
  /** Over the newest ends that were no `completed`, most frequent first. */
  readonly reasons: readonly { readonly reasonCode: string; readonly count: number }[]
}

export interface LiveSample {
  readonly sampled: number
  readonly byStatus: Readonly<Record<string, number>>
  readonly byStage: Readonly<Record<string, number>>
  readonly byWaitingFor: Readonly<Record<string, number>>
  readonly byAttempt: Readonly<Record<string, number>>
  readonly revivals: number
}

export interface EndedInHour extends Readonly<Record<TerminalStatus, number>> {
  readonly fromAt: number
}

const HOUR_MS = 3_600_000
const PARALLEL = 16
const SAMPLE = 200
const ENDS: readonly TerminalStatus[] = ['completed', 'partial_failure', 'failed']

export async function overviewOf(store: JobStore, now: number, hours: number): Promise<Overview> {
  const [live, newest, endedByHour, reasons] = await Promise.all([
    inParallel([...Array(SHARD_COUNT).keys()], PARALLEL, (shard) => store.liveJobs(shard)),
    listJobs(store, { state: 'live', limit: SAMPLE }),
    endsByHour(store, now, hours),
    reasonsOfLate(store),
  ])
  const oldest = live.flatMap(({ oldestAt }) => (oldestAt === undefined ? [] : [oldestAt]))
  return {
    at: now,
    live: live.reduce((sum, { count }) => sum + count, 0),
    ...(oldest.length > 0 ? { oldestLiveAt: Math.min(...oldest) } : {}),
    sample: sampleOf(newest.jobs),
    endedByHour,
    reasons,
  }
}

async function endsByHour(store: JobStore, now: number, hours: number): Promise<EndedInHour[]> {
  const last = Math.floor(now / HOUR_MS) * HOUR_MS
  const starts = Array.from({ length: hours }, (_, at) => last - (hours - 1 - at) * HOUR_MS)
  const shards = [...Array(SHARD_COUNT).keys()]
  return inParallel(starts, 2, async (fromAt) => {
    const count = async (status: TerminalStatus) => {
      const span = { fromAt, toAt: fromAt + HOUR_MS }
      const counts = await inParallel(shards, PARALLEL, (s) => store.countEnded(s, status, span))
      return counts.reduce((sum, one) => sum + one, 0)
    }
    const [completed = 0, partial = 0, failed = 0] = await Promise.all(ENDS.map(count))
    return { fromAt, completed, partial_failure: partial, failed }
  })
}

async function reasonsOfLate(store: JobStore): Promise<Overview['reasons']> {
  const pages = await Promise.all(
    (['failed', 'partial_failure'] as const).map((state) =>
      listJobs(store, { state, limit: SAMPLE }),
    ),
  )
  const counts = tally(pages.flatMap(({ jobs }) => jobs.map((job) => reasonOf(job) ?? 'none')))
  return Object.entries(counts)
    .map(([reasonCode, count]) => ({ reasonCode, count }))
    .sort((a, b) => b.count - a.count)
}

function sampleOf(jobs: readonly JobRecord[]): LiveSample {
  return {
    sampled: jobs.length,
    byStatus: tally(jobs.map((job) => job.status)),
    byStage: tally(jobs.map((job) => job.stage)),
    byWaitingFor: tally(
      jobs.flatMap((job) => ('waitingFor' in job && job.waitingFor ? [job.waitingFor] : [])),
    ),
    byAttempt: tally(jobs.map((job) => String(job.attempt))),
    revivals: jobs.reduce((sum, job) => sum + job.revivals, 0),
  }
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
