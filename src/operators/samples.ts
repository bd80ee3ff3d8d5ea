import {
  inParallel,
  type JobId,
  type JobRecord,
  SHARD_COUNT,
  type TerminalStatus,
} from '../kernel/index.ts'
import type { JobStore } from '../ports/index.ts'
import { listJobs, reasonOf } from './list-jobs.ts'
import { type StageTimes, stageTimesOf } from './stage-times.ts'

/** What is counted over some jobs, since all would be too many; each part says over how many. */
export interface Samples {
  /** Epoch ms. */
  readonly sampledAt: number
  /** Over the newest live jobs. */
  readonly sample: LiveSample
  /** Stages of jobs at work, those without progress for longest first. */
  readonly working: { readonly sampled: number; readonly byStage: Readonly<Record<string, number>> }
  /** Over the newest ends that were no `completed`, most frequent first. */
  readonly reasons: readonly {
    readonly reasonCode: string
    /** Of the ends, where its jobs are found. */
    readonly state: TerminalStatus
    readonly count: number
  }[]
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

const PARALLEL = 16
const LIVE_SAMPLE = 200
/** Of each end. */
const ENDED_SAMPLE = 100
/** Of each shard: together about as many as are sampled elsewhere. */
const WORKING_A_SHARD = 4
const ENDS: readonly TerminalStatus[] = ['completed', 'partial_failure', 'failed']

/** Reads several hundred records at most, however many jobs there are. */
export async function takeSamples(store: JobStore, now: number): Promise<Samples> {
  const [newest, working, ended] = await Promise.all([
    listJobs(store, { state: 'live', limit: LIVE_SAMPLE }),
    jobsAtWork(store),
    inParallel(ENDS, ENDS.length, (state) => listJobs(store, { state, limit: ENDED_SAMPLE })),
  ])
  const ends = ended.flatMap(({ jobs }) => jobs)
  return {
    sampledAt: now,
    sample: sampleOf(newest.jobs),
    working: { sampled: working.length, byStage: tally(working.map(({ stage }) => stage)) },
    reasons: reasonsOf(['failed', 'partial_failure'], ends),
    stageTimes: stageTimesOf(ends),
  }
}

async function jobsAtWork(store: JobStore): Promise<JobRecord[]> {
  const shards = [...Array(SHARD_COUNT).keys()]
  const ids: JobId[] = (
    await inParallel(shards, PARALLEL, (shard) => store.runningJobs(shard, WORKING_A_SHARD))
  ).flat()
  const records = await inParallel(ids, PARALLEL, (jobId) => store.read(jobId))
  return records.flatMap((record) => (record?.status === 'processing' ? [record] : []))
}

function reasonsOf(
  states: readonly TerminalStatus[],
  ended: readonly JobRecord[],
): Samples['reasons'] {
  return states
    .flatMap((state) => {
      const jobs = ended.filter(({ status }) => status === state)
      const counts = tally(jobs.map((job) => reasonOf(job) ?? 'none'))
      return Object.entries(counts).map(([reasonCode, count]) => ({ reasonCode, state, count }))
    })
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
