import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startRedis } from '../../../src/local/packages/index.ts'
import { startStack } from '../../../src/local/stack/index.ts'
import { atMost, type BenchContext, type BenchReport } from '../bench.ts'
import { countCommands, sumOf } from './count-commands.ts'

const WORKER = fileURLToPath(new URL('../take-over/bullmq-worker.child.ts', import.meta.url))
const LOOK_MS = 30_000
const PER_MINUTE = 60_000 / LOOK_MS
/** No timer fires while we look: the sweep is asked for by hand. */
const NEVER_MS = 3_600_000

/** G9: what an instance asks of Redis when nobody asks anything of it. */
export async function runIdle(context: BenchContext): Promise<BenchReport> {
  await using parts = new AsyncDisposableStack()
  const stack = parts.use(
    await startStack({
      ...context,
      dataFolder: join(context.folder, 'stack'),
      mode: 'cloud_tasks',
      speech: 'spans',
      recoveryIntervalMs: NEVER_MS,
    }),
  )
  const server = parts.use(
    await startRedis({
      ...context.redis,
      folder: join(context.folder, 'bullmq'),
      clock: context.clock,
    }),
  )
  const worker = fork(WORKER, [server.url, 'finish'])
  const ended = once(worker, 'exit')
  parts.defer(async () => {
    worker.kill('SIGKILL')
    await ended
  })
  worker.send({ queue: 'idle' })
  await once(worker, 'message')
  context.say(`looking for ${LOOK_MS / 1_000} s`)
  const [ours, theirs] = await Promise.all([
    countCommands(stack.redisUrl, () => delay(LOOK_MS)),
    countCommands(server.url, () => delay(LOOK_MS)),
  ])
  const sweep = await countCommands(stack.redisUrl, async () => {
    const authorization = `Bearer ${stack.mintTaskToken()}`
    const url = `${stack.api}/v2/sync-jobs/reap`
    const answer = await fetch(url, { method: 'POST', headers: { authorization } })
    if (!answer.ok) throw new Error(`the sweep answered ${answer.status}`)
    await answer.arrayBuffer()
  })
  const all = (counts: typeof ours) => sumOf(counts.trips) + sumOf(counts.inner)
  const idle = all(ours) * PER_MINUTE
  return {
    measures: [
      {
        what: 'Redis commands of an idle instance',
        unit: 'a minute',
        reference: 'BullMQ worker',
        contestants: [
          { name: 'sync-dispatcher', role: 'ours', samples: [idle] },
          { name: 'one sweep, for all instances', role: 'part', samples: [all(sweep)] },
          { name: 'BullMQ worker', role: 'peer', samples: [all(theirs) * PER_MINUTE] },
        ],
      },
    ],
    goals: [atMost('0 beyond one sweep', idle, 0)],
    notes: [`Watched for ${LOOK_MS / 1_000} s. A sweep asks each of the 64 shards once.`],
  }
}
