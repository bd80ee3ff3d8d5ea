import type { Lane, LaneOptions } from '../crash/lane.ts'
import {
  completed,
  type Home,
  killed,
  killedAndPurged,
  summarised,
  swept,
  undelivered,
} from './make-orphans.ts'

/** One class of orphans: how it is made, and within which time it must be home. */
export interface Orphan {
  readonly name: string
  readonly title: string
  readonly boundMs: number
  /** How the bound comes about; also where an interval is shortened. */
  readonly because: string
  readonly mode?: LaneOptions['mode']
  readonly settings?: Readonly<Record<string, string>>
  /** In place of the settings where all times are small. */
  readonly shortSettings?: Readonly<Record<string, string>>
  /** Makes the orphan. @returns what is awaited from then on */
  make(lane: Lane): Promise<Home>
}

/** The times that a deployment has by default, in place of the small ones of the crash matrix. */
export const DEFAULTS = {
  settings: {
    CLAIM_LEASE_SECONDS: '15',
    CLAIM_RENEW_SECONDS: '5',
    CLAIM_STOP_MARGIN_SECONDS: '3',
    CLAIM_UNANSWERED_ABORT_SECONDS: '60',
    QUEUED_PROBE_AFTER_SECONDS: '60',
    REAPER_PASS_LEASE_SECONDS: '30',
    REDIS_COMMAND_TIMEOUT_MS: '2000',
    SYNC_TASKS_MIN_BACKOFF_SECONDS: '18',
    SYNC_TASKS_RPC_TIMEOUT_MS: '10000',
  },
  times: { minBackoffMs: 18_000, recoveryEveryMs: 60_000 },
} as const

const SECOND_MS = 1_000
/** Decoding, one segment and the clean-up on a busy machine. */
const WORK_MS = 15 * SECOND_MS
const PASS_MS = 60 * SECOND_MS
/** From an end to the first look at what it owes. */
const OWED_MS = 30 * SECOND_MS
const LEASE_AND_PASS = {
  boundMs: 16 * SECOND_MS + PASS_MS + WORK_MS,
  because: 'lease of 15 s and a second, a pass every 60 s',
}
const BACKOFF = {
  boundMs: 36 * SECOND_MS + WORK_MS,
  because: "the queue's backoff of 18 s, doubled where the lease had not lapsed",
}
const PROBE_AND_PASS = {
  boundMs: 2 * PASS_MS + WORK_MS,
  because: 'due after 60 s, a pass every 60 s',
}

/** What the recorded provider hears is a handful of words: they are to be summed up all the same. */
const SUMMARIES = { ENRICHMENT_PROVIDER: 'offline', ENRICHMENT_FILLER_MAX_WORDS: '0' }

export const ORPHANS: readonly Orphan[] = [
  {
    name: '1',
    title: 'queued, never enqueued: SIGKILL before its task was created',
    ...PROBE_AND_PASS,
    make: async (lane) => completed(lane, await killed(lane, 'task.create', 'before')),
  },
  {
    name: '2',
    title: 'queued, its task purged',
    ...PROBE_AND_PASS,
    make: async (lane) => completed(lane, await undelivered(lane)),
  },
  {
    name: '3a',
    title: 'processing, SIGKILL in transcription, its task lives',
    ...BACKOFF,
    make: async (lane) => completed(lane, await killed(lane, 'provider.transcribe', 'before')),
  },
  {
    name: '3b',
    title: 'processing, SIGKILL in transcription, its task purged',
    ...LEASE_AND_PASS,
    make: async (lane) =>
      completed(lane, await killedAndPurged(lane, 'provider.transcribe', 'before')),
  },
  {
    name: '4',
    title: 'conversation without summary or task: SIGKILL before the second enqueue, purged',
    boundMs: OWED_MS + PASS_MS + WORK_MS,
    because: 'its job is due 30 s after its end, a pass every 60 s',
    settings: SUMMARIES,
    make: async (lane) =>
      summarised(lane, await killedAndPurged(lane, 'task.create-enrichment', 'before')),
  },
  {
    name: '5a',
    title: 'SIGKILL in a summary, its task lives',
    ...BACKOFF,
    settings: SUMMARIES,
    make: async (lane) => summarised(lane, await killed(lane, 'provider.summarize', 'before')),
  },
  {
    name: '5b',
    title: 'SIGKILL in a summary, its task purged',
    ...LEASE_AND_PASS,
    settings: SUMMARIES,
    make: async (lane) =>
      summarised(lane, await killedAndPurged(lane, 'provider.summarize', 'before')),
  },
  {
    name: '6',
    title: 'manifest without record: Redis flushed, its task purged',
    boundMs: 2 * PASS_MS + WORK_MS,
    because: 'the loss is seen and swept by the next pass; one more where a pass was under way',
    make: async (lane) => {
      const jobId = await undelivered(lane)
      await lane.redis.flushall()
      return completed(lane, jobId)
    },
  },
  {
    name: '6b',
    title: 'live record without due entry, its task purged',
    boundMs: 2 * PASS_MS + 20 * SECOND_MS + WORK_MS,
    because: 'the hourly sweep, shortened to 20 s, then a pass every 60 s',
    settings: { REAPER_MANIFEST_SWEEP_SECONDS: '20', REAPER_MANIFEST_MIN_AGE_SECONDS: '5' },
    shortSettings: { REAPER_MANIFEST_SWEEP_SECONDS: '1', REAPER_MANIFEST_MIN_AGE_SECONDS: '2' },
    make: async (lane) => {
      const jobId = await undelivered(lane)
      const due = await lane.redis.keys('sd:*:due')
      if (due.length > 0) await lane.redis.del(...due)
      return completed(lane, jobId)
    },
  },
  {
    name: '7',
    title: 'its end durable, SIGKILL before its clean-up, its task purged',
    ...LEASE_AND_PASS,
    make: async (lane) =>
      completed(lane, await killedAndPurged(lane, 'object.create.outcome', 'after')),
  },
  {
    name: '8',
    title: 'inline, SIGKILL of the accepting process',
    mode: 'inline',
    ...LEASE_AND_PASS,
    make: async (lane) => completed(lane, await killed(lane, 'provider.transcribe', 'before')),
  },
  {
    name: '9',
    title: 'blobs without manifest: SIGKILL before it was written',
    boundMs: 20 * SECOND_MS + 2 * PASS_MS + WORK_MS,
    because: 'blobs are as old as need be; the hourly sweep, shortened to 20 s; a pass every 60 s',
    settings: { REAPER_MANIFEST_SWEEP_SECONDS: '20' },
    shortSettings: { REAPER_MANIFEST_SWEEP_SECONDS: '1' },
    make: swept,
  },
]
