import { inParallel } from '../../src/kernel/index.ts'
import type { Lane } from '../crash/lane.ts'
import { shortFiles } from '../crash/sample-files.ts'
import { createAppClient } from '../support/app-client.ts'
import { until } from '../support/until.ts'
import { purgeQueue } from './purge-queue.ts'

export interface Aftermath {
  readonly jobs: number
  /** Ended when the stores forgot. */
  readonly endedBefore: number
  /** Ways in which clients saw a lie. */
  readonly lies: readonly string[]
  readonly byStatus: Readonly<Record<string, number>>
  readonly transcripts: number
  readonly staged: readonly string[]
  /** Segments that users see, all accounts together, and how many of them are distinct. */
  readonly shown: number
  readonly distinct: number
  /** From the loss to the last end. */
  readonly tookMs: number
}

const UPLOADS_AT_ONCE = 4
const ENDED = new Set(['completed', 'partial_failure', 'failed'])

/** Uploads of as many users; in the middle of their runs Redis is flushed and the queue purged. */
export async function flushAndPurge(
  lane: Lane,
  jobs: number,
  withinMs: number,
): Promise<Aftermath> {
  const lies: string[] = []
  const { files } = await shortFiles(Math.floor(Date.now() / 1_000) - 3_600, 1)
  const clients = Array.from({ length: jobs }, (_, n) =>
    createAppClient({
      api: lane.api,
      uid: `crowd-${n}`,
      onLie: (lie) => void (isPatience(lie) || lies.push(lie)),
    }),
  )
  const accepted = await inParallel(clients, UPLOADS_AT_ONCE, async (client) => ({
    client,
    jobId: (await client.upload(files)).jobId,
  }))
  const statuses = async () =>
    inParallel(accepted, 8, async ({ client, jobId }) => (await client.status(jobId))?.status)
  const ended = async () => (await statuses()).filter((status) => ENDED.has(status ?? '')).length
  await until('some jobs have ended', async () => (await ended()) > jobs / 10, withinMs)
  const endedBefore = await ended()
  await lane.redis.flushall()
  await purgeQueue(lane)
  const lostMs = performance.now()
  await until('every job has ended', async () => (await ended()) === jobs, withinMs)
  const tookMs = performance.now() - lostMs
  await until(
    'nothing is staged any more',
    async () => (await lane.staging.list('staging/')).length === 0,
    withinMs,
  )
  const seen = await inParallel(accepted, 8, ({ client }) => client.segments())
  const shown = seen.flatMap((segments) => segments ?? []).map(({ id }) => id)
  return {
    ...{ jobs, endedBefore, lies, tookMs },
    byStatus: countBy(await statuses()),
    transcripts: (await lane.data.list('transcripts/')).length,
    staged: (await lane.staging.list('staging/')).map(({ name }) => name),
    shown: shown.length,
    distinct: new Set(shown).size,
  }
}

/** A store that does not answer in time is told as such: the client asks again. */
function isPatience(lie: string): boolean {
  return lie.includes(' answered 503 {"code":"ledger_unavailable"')
}

function countBy(words: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word ?? 'unknown'] = (counts[word ?? 'unknown'] ?? 0) + 1
  return counts
}
