import { join } from 'node:path'
import { Queue, QueueEvents } from 'bullmq'
import * as z from 'zod'
import { startRedis } from '../../../src/local/packages/index.ts'
import { INVOKER } from '../../support/world.ts'
import { alternate } from '../alternate.ts'
import { atMost, type BenchContext, type BenchReport } from '../bench.ts'
import { cpuUsOf } from '../cpu-of.ts'
import { forkChild } from '../fork-child.ts'
import { medianOf } from '../statistics.ts'
import { measureTokens } from './token-cost.ts'

const OURS = new URL('./delivery-server.child.ts', import.meta.url)
const THEIRS = new URL('./bullmq-noop.child.ts', import.meta.url)
const JOBS = 150
const ROUNDS = 5
const LIMIT = 1
const QUEUE = 'noop'
const preparedSchema = z.object({ bodies: z.array(z.string()) })

/** G7: the worker's CPU of a job in which nothing is to do, one after the other. */
export async function runDelivery(context: BenchContext): Promise<BenchReport> {
  await using parts = new AsyncDisposableStack()
  const { clock, redis, folder } = context
  const server = parts.use(await startRedis({ ...redis, folder: join(folder, 'redis'), clock }))
  const ours = await forkChild(OURS, [server.url], z.object({ base: z.string() }))
  parts.defer(() => ours.close())
  const theirs = await forkChild(THEIRS, [server.url, QUEUE], z.object({ ready: z.boolean() }))
  parts.defer(() => theirs.close())
  const connection = { host: server.host, port: server.port }
  const queue = parts.adopt(new Queue(QUEUE, { connection }), (one) => one.close())
  const events = parts.adopt(new QueueEvents(QUEUE, { connection }), (one) => one.close())
  await events.waitUntilReady()
  const deliver = async (body: string) => {
    const headers = { authorization: INVOKER, 'content-type': 'application/json' }
    const answer = await fetch(`${ours.hello.base}/v2/sync-jobs/run`, {
      method: 'POST',
      headers,
      body,
    })
    const text = await answer.text()
    if (!text.includes('"completed"')) throw new Error(`a delivery answered ${text}`)
  }
  context.say(`${JOBS} jobs for each, ${ROUNDS} rounds`)
  const contestants = await alternate(
    [
      {
        name: 'sync-dispatcher',
        role: 'ours',
        sample: async () => {
          const { bodies } = preparedSchema.parse(await ours.ask({ count: JOBS }))
          const before = cpuUsOf(ours.pid)
          for (const body of bodies) await deliver(body)
          return (cpuUsOf(ours.pid) - before) / JOBS
        },
      },
      {
        name: 'BullMQ',
        role: 'peer',
        sample: async () => {
          const before = cpuUsOf(theirs.pid)
          for (let i = 0; i < JOBS; i += 1) {
            await (await queue.add('noop', {})).waitUntilFinished(events)
          }
          return (cpuUsOf(theirs.pid) - before) / JOBS
        },
      },
    ],
    ROUNDS,
  )
  const ratio = medianOf(contestants, 'sync-dispatcher') / medianOf(contestants, 'BullMQ')
  return {
    measures: [
      { what: 'a job with nothing to do', unit: 'us CPU', reference: 'BullMQ', contestants },
      await measureTokens(clock),
    ],
    goals: [atMost(`ours <= ${LIMIT} x BullMQ`, ratio, LIMIT)],
    notes: [
      'Ours: the HTTP request, claim, manifest, plan, stages, frozen result, durable outcome, terminal and',
      'clean-up of an upload of silence, objects in memory, the token believed (its price is apart). BullMQ: take and complete.',
    ],
  }
}
