import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../../src/adapters/redis/index.ts'
import { type JobId, jobIdSchema } from '../../../src/kernel/index.ts'
import { type Stack, startStack } from '../../../src/local/stack/index.ts'
import { type AppClient, createAppClient } from '../../support/app-client.ts'
import { recording } from '../../support/audio.ts'
import { type ProviderServer, startProviderServer } from '../../support/provider-server.ts'
import { until } from '../../support/until.ts'
import type { BenchContext } from '../bench.ts'
import type { Race } from './race.ts'

/** The default of REAPER_SWEEP_INTERVAL_SECONDS; the local stack asks more often. */
const RECOVERY_INTERVAL_MS = 60_000
/** One renewal: the jobs' heartbeats come at every phase of it. */
const SPREAD_MS = 5_000
const TAKEN_OVER_WITHIN_MS = 120_000
/** Between the durations of the two recordings: the longer one's transcription waits for the kill. */
const LONG_MS = 9_000

interface OurJob {
  readonly client: AppClient
  readonly jobId: JobId
}

/** The service on the local stack, with a provider that keeps one segment of each job waiting. */
export async function startOurRace(context: BenchContext, count: number): Promise<Race> {
  const parts = new AsyncDisposableStack()
  try {
    const provider = parts.use(await startProviderServer())
    provider.faults.add({
      kind: 'hang',
      times: Number.POSITIVE_INFINITY,
      when: ({ durationMs }) => durationMs > LONG_MS,
    })
    const stack = parts.use(await startDefaultStack(context, provider))
    return await race(context, count, { parts, provider, stack })
  } catch (error) {
    await parts.disposeAsync()
    throw error
  }
}

function startDefaultStack(context: BenchContext, provider: ProviderServer): Promise<Stack> {
  return startStack({
    ...context,
    dataFolder: join(context.folder, 'stack'),
    mode: 'cloud_tasks',
    speech: 'spans',
    settings: {
      STT_PROVIDER: 'deepgram',
      DEEPGRAM_API_KEY: 'a key that nobody checks',
      DEEPGRAM_BASE_URL: provider.baseUrl,
    },
    recoveryIntervalMs: RECOVERY_INTERVAL_MS,
  })
}

async function race(
  { clock }: BenchContext,
  count: number,
  {
    parts,
    provider,
    stack,
  }: { parts: AsyncDisposableStack; provider: ProviderServer; stack: Stack },
): Promise<Race> {
  const redis = createRedisClient(stack.redisUrl, {
    commandTimeoutMs: 2_000,
    onError: () => undefined,
  })
  await connectRedis(redis)
  parts.defer(() => redis.disconnect())
  const store = createRedisJobStore({
    redis,
    clock,
    probe: () => undefined,
    terminalRetentionMs: 1,
    outcomeRetentionMs: 1,
  })
  const lies: string[] = []
  const jobs: OurJob[] = []
  let killedMs = 0
  const calls = () => Map.groupBy(provider.requests, ({ sha256 }) => sha256)
  const claimedAgain = async ({ jobId }: OurJob) => {
    const events = await store.events(jobId)
    return events.find(({ name, at }) => name === 'claimed' && at >= killedMs)?.at
  }

  return {
    underWay: async () => {
      for (let i = 0; i < count; i += 1) {
        jobs.push(await uploadAs(`racer-${i}`, stack.api, lies))
        await delay(SPREAD_MS / count)
      }
      for (const { client, jobId } of jobs) {
        const isHalfDone = async () => (await client.status(jobId))?.processed_segments === 1
        await until(`one segment of ${jobId} landed`, isHalfDone, TAKEN_OVER_WITHIN_MS)
      }
      await until('the other is in transcription', () => provider.inFlight.now === count)
    },
    kill: () => {
      provider.faults.clear()
      killedMs = clock.now()
      stack.killService('SIGKILL')
    },
    takeOvers: () =>
      Promise.all(
        jobs.map(async (job) => {
          let atMs: number | undefined
          const isTaken = async () => {
            atMs = await claimedAgain(job)
            return atMs !== undefined
          }
          await until(`${job.jobId} is claimed again`, isTaken, TAKEN_OVER_WITHIN_MS)
          return (atMs ?? 0) - killedMs
        }),
      ),
    faults: async () => {
      const found = await Promise.all(jobs.map(faultsOf))
      const counts = [...calls().values()].map((requests) => requests.length).sort((a, b) => a - b)
      // The short one is asked for once; the long one's first call died with its caller.
      const isRight = counts.length === 2 && counts[0] === count && counts[1] === 2 * count
      return [...found.flat(), ...lies, ...(isRight ? [] : [`calls to the provider: ${counts}`])]
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

/** Two recordings of one segment each. */
async function uploadAs(uid: string, api: string, lies: string[]): Promise<OurJob> {
  const client = createAppClient({ api, uid, onLie: (lie) => void lies.push(lie) })
  const startSeconds = Math.floor(Date.now() / 1_000) - 3_600
  const bodies = await Promise.all([recording('austen-unless'), recording('austen-leisure')])
  const { jobId } = await client.upload(
    bodies.map(({ namePrefix, body }, i) => ({
      name: `${namePrefix}_${startSeconds + i * 30}.bin`,
      body,
    })),
  )
  return { client, jobId: jobIdSchema.parse(jobId) }
}

async function faultsOf({ client, jobId }: OurJob): Promise<string[]> {
  let status: string | undefined
  const hasEnded = async () => {
    status = (await client.status(jobId))?.status
    return status !== undefined && status !== 'queued' && status !== 'processing'
  }
  await until(`${jobId} ends`, hasEnded, TAKEN_OVER_WITHIN_MS)
  const texts = ((await client.segments()) ?? []).map(({ text }) => text)
  const isWhole = status === 'completed' && texts.length === 2 && new Set(texts).size === 2
  return isWhole ? [] : [`${jobId} ended as ${status} with ${texts.length} segments`]
}
