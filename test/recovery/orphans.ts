import { type JobId, jobIdSchema } from '../../src/kernel/index.ts'
import type { Lane, LaneOptions } from '../crash/lane.ts'
import type { CrashPoint } from '../crash/orders.ts'
import { shortFiles } from '../crash/sample-files.ts'
import { createAppClient } from '../support/app-client.ts'
import { until } from '../support/until.ts'
import { purgeQueue } from './purge-queue.ts'

/** One class of orphans: how it is made, and within which time it must be home. */
export interface Orphan {
  readonly name: string
  readonly title: string
  readonly boundMs: number
  /** How the bound comes about; also where an interval is shortened. */
  readonly because: string
  readonly mode?: LaneOptions['mode']
  readonly settings?: Readonly<Record<string, string>>
  /** Makes the orphan. @returns what is awaited from then on */
  make(lane: Lane): Promise<Home>
}

export interface Home {
  readonly what: string
  isHome(): Promise<boolean>
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

/** Decoding, one segment and the clean-up on a busy machine. */
const WORK_MS = 15_000
const PASS_MS = 60_000
const SECOND_MS = 1_000

const start = () => Math.floor(Date.now() / SECOND_MS) - 3_600

async function upload(lane: Lane): Promise<JobId> {
  const client = createAppClient({ api: lane.api, uid: 'orphan', onLie: () => undefined })
  const { files } = await shortFiles(start(), 1)
  return jobIdSchema.parse((await client.upload(files)).jobId)
}

const completed = (lane: Lane, jobId: JobId): Home => ({
  what: 'completed, and nothing owed',
  isHome: async () => {
    const record = await lane.store.read(jobId)
    const isStaged = (await lane.staging.list('staging/')).some(({ name }) => name.includes(jobId))
    return (record === undefined || record.status === 'completed') && !isStaged
  },
})

/** The service dies at this point of the next upload; another process takes its place. */
async function killed(lane: Lane, point: CrashPoint): Promise<JobId> {
  await lane.service.arm({ point })
  const deaths = lane.service.deaths.length
  const jobId = await upload(lane)
  await until('the process is killed', () => lane.service.deaths.length > deaths, 120_000)
  return jobId
}

const at = (step: string, moment: CrashPoint['moment']): CrashPoint => ({
  step,
  moment,
  occurrence: 1,
})

export const ORPHANS: readonly Orphan[] = [
  {
    name: '1',
    title: 'queued, never enqueued: SIGKILL before its task was created',
    boundMs: 2 * PASS_MS + WORK_MS,
    because: 'due after 60 s, a pass every 60 s',
    make: async (lane) => completed(lane, await killed(lane, at('task.create', 'before'))),
  },
  {
    name: '2',
    title: 'queued, its task purged',
    boundMs: 2 * PASS_MS + WORK_MS,
    because: 'due after 60 s, a pass every 60 s',
    make: async (lane) => {
      lane.tasks.faults.add({ on: 'delivery', kind: 'drop', times: 1 })
      const jobId = await upload(lane)
      await until('its delivery is lost', () => lane.tasks.faults.list().length === 0)
      await purgeQueue(lane)
      return completed(lane, jobId)
    },
  },
  {
    name: '3a',
    title: 'processing, SIGKILL in transcription, its task lives',
    boundMs: 36 * SECOND_MS + WORK_MS,
    because: "the queue's backoff of 18 s, doubled where the lease had not lapsed",
    make: async (lane) => completed(lane, await killed(lane, at('provider.transcribe', 'before'))),
  },
  {
    name: '3b',
    title: 'processing, SIGKILL in transcription, its task purged',
    boundMs: 76 * SECOND_MS + WORK_MS,
    because: 'lease of 15 s and a second, a pass every 60 s',
    make: async (lane) => {
      const jobId = await killed(lane, at('provider.transcribe', 'before'))
      await purgeQueue(lane)
      return completed(lane, jobId)
    },
  },
  {
    name: '6',
    title: 'manifest without record: Redis flushed, its task purged',
    boundMs: 2 * PASS_MS + WORK_MS,
    because: 'the loss is seen and swept by the next pass; one more where a pass was under way',
    make: async (lane) => {
      lane.tasks.faults.add({ on: 'delivery', kind: 'drop', times: 1 })
      const jobId = await upload(lane)
      await until('its delivery is lost', () => lane.tasks.faults.list().length === 0)
      await lane.redis.flushall()
      await purgeQueue(lane)
      return completed(lane, jobId)
    },
  },
  {
    name: '6b',
    title: 'live record without due entry, its task purged',
    boundMs: 2 * PASS_MS + 20 * SECOND_MS + WORK_MS,
    because: 'the hourly sweep, shortened to 20 s, then a pass every 60 s',
    settings: { REAPER_MANIFEST_SWEEP_SECONDS: '20', REAPER_MANIFEST_MIN_AGE_SECONDS: '5' },
    make: async (lane) => {
      lane.tasks.faults.add({ on: 'delivery', kind: 'drop', times: 1 })
      const jobId = await upload(lane)
      await until('its delivery is lost', () => lane.tasks.faults.list().length === 0)
      await purgeQueue(lane)
      const due = await lane.redis.keys('sd:*:due')
      if (due.length > 0) await lane.redis.del(...due)
      return completed(lane, jobId)
    },
  },
  {
    name: '7',
    title: 'terminal, SIGKILL before its clean-up, its task purged',
    boundMs: 30 * SECOND_MS + PASS_MS + WORK_MS,
    because: 'due after 30 s, a pass every 60 s',
    make: async (lane) => {
      const jobId = await killed(lane, at('script.finalize', 'after'))
      await purgeQueue(lane)
      return completed(lane, jobId)
    },
  },
  {
    name: '8',
    title: 'inline, SIGKILL of the accepting process',
    mode: 'inline',
    boundMs: 76 * SECOND_MS + WORK_MS,
    because: 'lease of 15 s and a second, a pass every 60 s',
    make: async (lane) => completed(lane, await killed(lane, at('provider.transcribe', 'before'))),
  },
  {
    name: '9',
    title: 'blobs without manifest: SIGKILL before it was written',
    boundMs: 70 * SECOND_MS + 20 * SECOND_MS + 2 * PASS_MS,
    because: 'their age of 2 h, shortened to 70 s; the hourly sweep, to 20 s; a pass every 60 s',
    settings: {
      REAPER_BLOB_MIN_AGE_SECONDS: '70',
      REAPER_MANIFEST_SWEEP_SECONDS: '20',
      STT_TIMEOUT_SECONDS: '5',
      RUN_STALL_SECONDS: '10',
      RUN_BUDGET_SECONDS: '20',
      HTTP_SYNC_JOBS_RUN_TIMEOUT: '30',
      SYNC_TASKS_DISPATCH_DEADLINE_SECONDS: '45',
      HTTP_REQUEST_TIMEOUT_SECONDS: '50',
      SERVICE_TIMEOUT_SECONDS: '60',
    },
    make: async (lane) => {
      const jobId = await killed(lane, at('object.create.manifest', 'before'))
      const known = (name: string) => name.includes(jobId)
      return {
        what: 'deleted',
        isHome: async () => (await lane.staging.list('staging/')).every(({ name }) => known(name)),
      }
    },
  },
]
