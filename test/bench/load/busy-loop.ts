import { join } from 'node:path'
import * as z from 'zod'
import { startGcsServer } from '../../../src/local/gcs/index.ts'
import { until } from '../../support/until.ts'
import { atMost, type BenchContext, type BenchReport, type Role } from '../bench.ts'
import { forkChild } from '../fork-child.ts'
import { percentile } from '../scale/results.ts'
import { startLoadStack } from './stack.ts'

const STAGER = new URL('./busy-stager.child.ts', import.meta.url)
const BUCKET = 'bench-busy'
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

/** p99 of one round, in ms. */
const roundSchema = z.object({
  lateMs: z.number(),
  /** As far as the thread's own CPU explains it. */
  ownMs: z.number(),
})
type Round = z.infer<typeof roundSchema>

interface Busy {
  readonly name: string
  readonly role: Role
  readonly rounds: readonly Round[]
}

const OURS = 'the whole service'
const PIPE = 'raw pipes beside our decoder'
const STAGERS: readonly (readonly [kind: string, name: string, role: Role])[] = [
  ['pipe', PIPE, 'floor'],
  ['held', 'our staging beside our decoder', 'part'],
  ['client', 'storage client, its defaults, beside our decoder', 'peer'],
]

/** G15: how late the event loop runs while four uploads are staged and four jobs decoded. */
export async function runBusyLoop(context: BenchContext): Promise<BenchReport> {
  const { idle, busy } = await playService(context)
  const all: readonly Busy[] = [
    { name: OURS, role: 'ours', rounds: busy },
    { name: 'the same process, idle', role: 'floor', rounds: [idle] },
    ...(await playStagers(context)),
  ]
  const measureOf = (what: string, pick: (round: Round) => number) => ({
    ...{ what, unit: 'ms', reference: PIPE },
    contestants: all.map(({ rounds, ...one }) => ({ ...one, samples: rounds.map(pick) })),
  })
  const best = Math.min(...busy.map(({ lateMs }) => lateMs))
  return {
    measures: [
      measureOf('event loop late, p99', ({ lateMs }) => lateMs),
      measureOf('of it by CPU of its own thread, p99', ({ ownMs }) => ownMs),
    ],
    goals: [atMost(`p99 <= ${LIMIT_MS} ms`, best, LIMIT_MS)],
    notes: [
      'On shared cores the idle process is late too; the goal is judged by the best round.',
      `${UPLOADS} uploads of 8 MB beside ${JOBS} jobs of ten minutes, until all have ended.`,
      'The others only stage 8 MB and decode two minutes, four at a time: they read no request, detect and transcribe nothing.',
    ],
  }
}

async function playService(context: BenchContext) {
  await using stack = await startLoadStack({
    ...context,
    folder: join(context.folder, 'busy'),
    speechMs: 0,
    settings: {},
    concurrentDispatches: JOBS,
  })
  const since = (fromMs: number): Round => {
    const samples = stack.samples.filter(({ atMs }) => atMs > fromMs)
    return {
      lateMs: p99(samples.flatMap(({ loopDelaysMs }) => loopDelaysMs)),
      ownMs: p99(samples.flatMap(({ ownDelaysMs }) => ownDelaysMs)),
    }
  }
  await context.clock.sleep(IDLE_MS)
  const idle = since(0)
  const busy: Round[] = []
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
    busy.push(since(fromMs))
  }
  return { idle, busy }
}

async function playStagers(context: BenchContext): Promise<Busy[]> {
  await using parts = new AsyncDisposableStack()
  const gcs = parts.use(
    await startGcsServer({
      folder: join(context.folder, 'gcs'),
      port: 0,
      buckets: [BUCKET],
      now: () => context.clock.now(),
    }),
  )
  const found: Busy[] = []
  for (const [kind, name, role] of STAGERS) {
    context.say(name)
    const args = [kind, gcs.endpoint, BUCKET]
    const child = await forkChild(STAGER, args, z.object({ ready: z.literal(true) }))
    parts.defer(() => child.close())
    const rounds: Round[] = []
    for (let round = -1; round < ROUNDS; round += 1) {
      const one = roundSchema.parse(await child.ask({ round }))
      if (round >= 0) rounds.push(one)
    }
    found.push({ name, role, rounds })
  }
  return found
}

function p99(delays: readonly number[]): number {
  return percentile(
    delays.toSorted((a, b) => a - b),
    P99,
  )
}
