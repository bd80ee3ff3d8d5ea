import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import * as z from 'zod'
import { startStack } from '../../../src/local/stack/index.ts'
import { createAppClient } from '../../support/app-client.ts'
import { recording } from '../../support/audio.ts'
import { until } from '../../support/until.ts'
import { alternate, type Runner } from '../alternate.ts'
import { askMany } from '../ask-many.ts'
import { atMost, type BenchContext, type BenchReport } from '../bench.ts'
import { cpuUsOf } from '../cpu-of.ts'
import { forkChild } from '../fork-child.ts'
import { countCommands, sumOf } from '../redis/count-commands.ts'
import { medianOf } from '../statistics.ts'

const FRAMEWORKS = ['node:http', 'Express 5', 'Fastify', 'hono'] as const
const FLOOR = 'node:http'
const REQUESTS = 1_000
const AT_ONCE = 20
const ROUNDS = 7
const LIMIT = 1.3
const SERVER = new URL('./status-server.child.ts', import.meta.url)
const helloSchema = z.object({ port: z.int() })

/** G5: one poll of a finished job, on the whole running service, beside bare servers on its Redis. */
export async function runStatusGet(context: BenchContext): Promise<BenchReport> {
  await using parts = new AsyncDisposableStack()
  const stack = parts.use(
    await startStack({
      ...context,
      dataFolder: join(context.folder, 'stack'),
      mode: 'inline',
      speech: 'spans',
      settings: { LOG_LEVEL: 'warn' },
    }),
  )
  const jobId = await finishedJob(stack.api)
  const redis = parts.adopt(new Redis(stack.redisUrl), (client) => client.disconnect())
  const [key = ''] = await redis.keys(`*view:${jobId}`)
  const path = `/v2/sync-local-files/${jobId}`
  const headers = { authorization: 'Bearer dev:poller' }
  const runner = (name: string, role: Runner['role'], pid: number, url: string): Runner => ({
    name,
    role,
    sample: async () => {
      const before = cpuUsOf(pid)
      await askMany(`${url}${path}`, { count: REQUESTS, atOnce: AT_ONCE, headers })
      await delay(20)
      return (cpuUsOf(pid) - before) / REQUESTS
    },
  })
  const runners = [runner('sync-dispatcher', 'ours', stack.servicePid(), stack.api)]
  for (const name of FRAMEWORKS) {
    const child = await forkChild(SERVER, [name, stack.redisUrl, key], helloSchema)
    parts.defer(() => child.close())
    const role = name === FLOOR ? 'floor' : 'peer'
    runners.push(runner(name, role, child.pid, `http://127.0.0.1:${child.hello.port}`))
  }
  context.say(`${ROUNDS + 1} rounds of ${REQUESTS} polls for each of ${runners.length}`)
  const contestants = await alternate(runners, ROUNDS)
  const { trips } = await countCommands(stack.redisUrl, () =>
    askMany(`${stack.api}${path}`, { count: 1, atOnce: 1, headers }),
  )
  const ratio = medianOf(contestants, 'sync-dispatcher') / medianOf(contestants, FLOOR)
  return {
    measures: [{ what: 'one status GET', unit: 'us CPU', reference: FLOOR, contestants }],
    goals: [
      atMost(`ours <= ${LIMIT} x ${FLOOR} with one Redis GET`, ratio, LIMIT),
      atMost('Redis commands a poll <= 1', sumOf(trips), 1),
    ],
    notes: [
      'Ours checks who asks and whose job it is; the others send what the key holds. All read with the',
      `same client settings from the same Redis; ${AT_ONCE} connections.`,
    ],
  }
}

async function finishedJob(api: string): Promise<string> {
  const client = createAppClient({ api, uid: 'poller', onLie: () => undefined })
  const { namePrefix, body } = await recording('austen-unless')
  const startSeconds = Math.floor(Date.now() / 1_000) - 3_600
  const { jobId } = await client.upload([{ name: `${namePrefix}_${startSeconds}.bin`, body }])
  await until('the job ends', async () => (await client.status(jobId))?.status === 'completed')
  return jobId
}
