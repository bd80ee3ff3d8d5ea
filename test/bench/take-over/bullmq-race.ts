import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Queue } from 'bullmq'
import * as z from 'zod'
import { startRedis } from '../../../src/local/packages/index.ts'
import { until } from '../../support/until.ts'
import type { BenchContext } from '../bench.ts'
import type { Race } from './race.ts'

const WORKER = fileURLToPath(new URL('./bullmq-worker.child.ts', import.meta.url))
/** Half of its lock: the renewals of the jobs' locks come at every phase of it. */
const LOCK_SPREAD_MS = 15_000
/** Its stalled check: the survivors' checks come at every phase of it. */
const CHECK_SPREAD_MS = 30_000
const TAKEN_OVER_WITHIN_MS = 180_000
/** Odd and no divisor of the count: the phases of lock and check of a job are independent. */
const STRIDE = 7

const activeSchema = z.object({ kind: z.enum(['ready', 'active']), queue: z.string() })

/** A queue a job, so that every sample has timers of its own; concurrency and times by default. */
export async function startBullmqRace(context: BenchContext, count: number): Promise<Race> {
  const parts = new AsyncDisposableStack()
  try {
    return await race(context, count, parts)
  } catch (error) {
    await parts.disposeAsync()
    throw error
  }
}

async function race(
  context: BenchContext,
  count: number,
  parts: AsyncDisposableStack,
): Promise<Race> {
  const { redis: program, folder, clock } = context
  const redis = parts.use(
    await startRedis({ ...program, folder: join(folder, 'bullmq-redis'), clock }),
  )
  const [victim, survivor] = [worker(redis.url, 'hang'), worker(redis.url, 'finish')]
  for (const one of [victim, survivor]) parts.defer(() => one.end())
  const names = Array.from({ length: count }, (_, i) => `race-${i}`)
  const queues = names.map((name) => {
    return new Queue(name, { connection: { host: redis.host, port: redis.port } })
  })
  for (const queue of queues) parts.defer(() => queue.close())
  let killedMs = 0
  return {
    underWay: async () => {
      await Promise.all(
        queues.map(async (queue, i) => {
          await delay((i * LOCK_SPREAD_MS) / count)
          victim.work(queue.name)
          await queue.add('transcribe', {})
          await until(`${queue.name} is active`, () => victim.active.has(queue.name))
          await delay((((i * STRIDE) % count) * CHECK_SPREAD_MS) / count)
          survivor.work(queue.name)
          await until(`${queue.name} has a second worker`, () => survivor.ready.has(queue.name))
        }),
      )
    },
    kill: () => {
      killedMs = Date.now()
      victim.kill()
    },
    takeOvers: () =>
      Promise.all(
        names.map(async (name) => {
          const isTaken = () => survivor.active.has(name)
          await until(`${name} is active again`, isTaken, TAKEN_OVER_WITHIN_MS)
          return (survivor.active.get(name) ?? 0) - killedMs
        }),
      ),
    faults: async () => [],
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

/** A process with a worker for each queue it is told of. */
function worker(url: string, behaviour: 'hang' | 'finish') {
  const child: ChildProcess = fork(WORKER, [url, behaviour])
  const ended = once(child, 'exit')
  const active = new Map<string, number>()
  const ready = new Set<string>()
  child.on('message', (message) => {
    const { kind, queue } = activeSchema.parse(message)
    if (kind === 'ready') ready.add(queue)
    else active.set(queue, Date.now())
  })
  const kill = () => void child.kill('SIGKILL')
  return {
    active,
    ready,
    work: (queue: string) => void child.send({ queue }),
    kill,
    end: async () => {
      kill()
      await ended
    },
  }
}
