import {
  inParallel,
  type JobId,
  type JobRecord,
  SHARD_COUNT,
  type TerminalStatus,
} from '../kernel/index.ts'
import type { JobStore, LoadSample } from '../ports/index.ts'
import { listJobs, reasonOf } from './list-jobs.ts'
import { type StageTimes, stageTimesOf } from './stage-times.ts'

/** How the whole stands now, and how jobs ended of late. Instants are epoch ms. */
export interface Overview {
  readonly at: number
  readonly live: number
  /** Of them, under a claim; the others wait. */
  readonly running: number
  /** When the oldest job that has not ended was accepted. */
  readonly oldestLiveAt?: number
  /** Counted over the newest live jobs; `sampled` says over how many. */
  readonly sample: LiveSample
  /** Stages of jobs at work, those without progress for longest first, up to so many. */
  readonly working: { readonly sampled: number; readonly byStage: Readonly<Record<string, number>> }
  readonly endedByHour: readonly EndedInHour[]
  /** Over the newest ends that were no `completed`, most frequent first. */
  readonly reasons: readonly { readonly reasonCode: string; readonly count: number }[]
  /** Over the newest ends. */
  readonly stageTimes: StageTimes
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
const ENDED_SAMPLE = 100
/** Of each shard: together about as many as are sampled elsewhere. */
const RUNNING_A_SHARD = 4
const ENDS: readonly TerminalStatus[] = ['completed', 'partial_failure', 'failed']
const SHARDS = [...Array(SHARD_COUNT).keys()]

export async function overviewOf(store: JobStore, now: number, hours: number): Promise<Overview> {
  const [load, newest, working, endedByHour, ended] = await Promise.all([
    loadOf(store, now),
    listJobs(store, { state: 'live', limit: SAMPLE }),
    jobsAtWork(store),
    endsByHour(store, now, hours),
    inParallel(ENDS, ENDS.length, (state) => listJobs(store, { state, limit: ENDED_SAMPLE })),
  ])
  const ends = ended.flatMap(({ jobs }) => jobs)
  return {
    at: now,
    live: load.waiting + load.running,
    running: load.running,
    ...(load.oldestLiveAt === undefined ? {} : { oldestLiveAt: load.oldestLiveAt }),
    sample: sampleOf(newest.jobs),
    working: { sampled: working.length, byStage: tally(working.map(({ stage }) => stage)) },
    endedByHour,
    reasons: reasonsOf(ends.filter(({ status }) => status !== 'completed')),
    stageTimes: stageTimesOf(ends),
  }
}

/** How much there is to do; a few commands a shard, however many jobs there are. */
export async function loadOf(store: JobStore, now: number): Promise<LoadSample> {
  const shards = await inParallel(SHARDS, PARALLEL, (shard) => store.liveJobs(shard))
  const oldest = shards.flatMap(({ oldestAt }) => (oldestAt === undefined ? [] : [oldestAt]))
  const running = shards.reduce((sum, shard) => sum + shard.running, 0)
  const live = shards.reduce((sum, shard) => sum + shard.count, 0)
  return {
    at: now,
    // The two are read one after the other: a job may end in between.
    waiting: Math.max(0, live - running),
    running,
    ...(oldest.length > 0 ? { oldestLiveAt: Math.min(...oldest) } : {}),
  }
}

async function jobsAtWork(store: JobStore): Promise<JobRecord[]> {
  const ids: JobId[] = (
    await inParallel(SHARDS, PARALLEL, (shard) => store.runningJobs(shard, RUNNING_A_SHARD))
  ).flat()
  const records = await inParallel(ids, PARALLEL, (jobId) => store.read(jobId))
  return records.flatMap((record) => (record?.status === 'processing' ? [record] : []))
}

async function endsByHour(store: JobStore, now: number, hours: number): Promise<EndedInHour[]> {
  const last = Math.floor(now / HOUR_MS) * HOUR_MS
  const starts = Array.from({ length: hours }, (_, at) => last - (hours - 1 - at) * HOUR_MS)
  return inParallel(starts, 2, async (fromAt) => {
    const count = async (status: TerminalStatus) => {
      const span = { fromAt, toAt: fromAt + HOUR_MS }
      const counts = await inParallel(SHARDS, PARALLEL, (s) => store.countEnded(s, status, span))
      return counts.reduce((sum, one) => sum + one, 0)
    }
    const [completed = 0, partial = 0, failed = 0] = await Promise.all(ENDS.map(count))
    return { fromAt, completed, partial_failure: partial, failed }
  })
}

function reasonsOf(jobs: readonly JobRecord[]): Overview['reasons'] {
  return Object.entries(tally(jobs.map((job) => reasonOf(job) ?? 'none')))
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
