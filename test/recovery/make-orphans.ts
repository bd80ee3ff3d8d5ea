import { type JobId, jobIdSchema } from '../../src/kernel/index.ts'
import type { Lane } from '../crash/lane.ts'
import type { CrashPoint } from '../crash/orders.ts'
import { shortFiles } from '../crash/sample-files.ts'
import { createAppClient } from '../support/app-client.ts'
import { until } from '../support/until.ts'
import { purgeQueue } from './purge-queue.ts'

/** What is awaited once an orphan was made. */
export interface Home {
  readonly what: string
  isHome(): Promise<boolean>
}

const HOUR_SECONDS = 3_600
const KILLED_WITHIN_MS = 120_000
const LONG_AGO_MS = 3 * HOUR_SECONDS * 1_000

async function upload(lane: Lane): Promise<JobId> {
  const client = createAppClient({ api: lane.api, uid: 'orphan', onLie: () => undefined })
  const { files } = await shortFiles(Math.floor(lane.clock.now() / 1_000) - HOUR_SECONDS, 1)
  return jobIdSchema.parse((await client.upload(files)).jobId)
}

/** An upload whose one delivery is lost on its way, and whose task is purged. */
export async function undelivered(lane: Lane): Promise<JobId> {
  lane.tasks.faults.add({ on: 'delivery', kind: 'drop', times: 1 })
  const jobId = await upload(lane)
  await until('its delivery is lost', () => lane.tasks.faults.list().length === 0)
  await purgeQueue(lane)
  return jobId
}

/** The service dies at this point of the next upload or run; another process takes its place. */
export async function killed(
  lane: Lane,
  step: string,
  moment: CrashPoint['moment'],
): Promise<JobId> {
  await lane.service.arm({ point: { step, moment, occurrence: 1 } })
  const deaths = lane.service.deaths.length
  const jobId = await upload(lane)
  await until('a process is killed', () => lane.service.deaths.length > deaths, KILLED_WITHIN_MS)
  return jobId
}

/** The same, and the queue forgets what it was to try again. */
export async function killedAndPurged(
  lane: Lane,
  ...at: [step: string, moment: CrashPoint['moment']]
): Promise<JobId> {
  const jobId = await killed(lane, ...at)
  await purgeQueue(lane)
  return jobId
}

export const completed = (lane: Lane, jobId: JobId): Home => ({
  what: 'completed, and nothing owed',
  isHome: async () => {
    const record = await lane.store.read(jobId)
    const isStaged = (await lane.staging.list('staging/')).some(({ name }) => name.includes(jobId))
    return (record === undefined || record.status === 'completed') && !isStaged
  },
})

export const summarised = (lane: Lane, jobId: JobId): Home => ({
  what: 'one summary, which its job shows',
  isHome: async () => {
    const record = await lane.store.read(jobId)
    const summaries = await lane.data.list('enrichments/')
    return record?.enrichment === 'done' && summaries.length === 1
  },
})

/**
 * Blobs of an upload that died before its manifest, as old as the sweep waits for: until then the
 * store's clock is behind. @throws Error when there was nothing to be swept
 */
export async function swept(lane: Lane): Promise<Home> {
  let left: readonly string[] = []
  const staged = async () => (await lane.staging.list('staging/')).map(({ name }) => name)
  lane.setStoreBehind(LONG_AGO_MS)
  lane.witness(async () => {
    left = await staged()
    lane.setStoreBehind(0)
  })
  await killed(lane, 'object.create.manifest', 'before')
  if (left.length === 0) throw new Error('the dead process left no blobs')
  return {
    what: 'deleted',
    isHome: async () => !(await staged()).some((name) => left.includes(name)),
  }
}
