import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Stack, startStack } from '../../../src/local/stack/index.ts'
import { environmentOfImage } from '../../image/read-dockerfile.ts'
import { type AppClient, createAppClient } from '../../support/app-client.ts'
import { recording } from '../../support/audio.ts'
import { until } from '../../support/until.ts'
import { atMost, type BenchContext, type BenchReport, type Measure } from '../bench.ts'
import { median } from '../statistics.ts'
import { type Program, writeHellos } from './programs.ts'
import { type Ask, fileCallsOf, residentMbOf, type Start, startOnce } from './start-once.ts'

const STARTS = 20
const FIRST_UPLOADS = 7
/** On a machine with much else to do, a cold start takes many times its CPU. */
const ANSWER_WITHIN_MS = 60_000
const REFERENCE = 'Express 5'
const FLOOR = 'node:http'
const OURS = 'sync-dispatcher'
const BUILD = fileURLToPath(new URL('../../../infra/build/build.ts', import.meta.url))
const SOURCE = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))

/** G1 to G4: the production bundle, its source, and two bare servers, each started many times. */
export async function runColdStart(context: BenchContext): Promise<BenchReport> {
  const { folder, clock } = context
  const dist = join(folder, 'dist')
  context.say('building')
  await promisify(execFile)(process.execPath, [BUILD, dist])
  const serviceMain = join(dist, 'main.js')
  await using stack = await startStack({
    ...context,
    dataFolder: join(folder, 'stack'),
    mode: 'cloud_tasks',
    speech: 'spans',
    serviceMain,
    settings: {
      ...environmentOfImage(),
      NODE_COMPILE_CACHE: join(dist, 'code-cache'),
      LOG_LEVEL: 'warn',
    },
  })
  const afterJobMb = await memoryAfterJob(stack)
  const env = await environmentOfProcess(stack.servicePid())
  const hellos = await writeHellos(folder)
  const programs: readonly Program[] = [
    { name: OURS, role: 'ours', args: [serviceMain], env },
    { name: 'its source', role: 'part', args: [SOURCE], env },
    ...hellos,
  ]
  context.say(`${STARTS} starts of each of ${programs.length}`)
  const starts = await alternateStarts(programs, STARTS, context, askReady)
  context.say(`${FIRST_UPLOADS} starts to the first 202`)
  const compared = programs.filter(({ name }) => name === OURS || name === REFERENCE)
  const uploads = await alternateStarts(compared, FIRST_UPLOADS, context, (url, { role }) =>
    role === 'ours' ? uploadOne(url, stack) : askReady(url),
  )
  const calls = new Map<string, number | undefined>()
  for (const program of programs) {
    calls.set(program.name, await fileCallsOf(program, folder, clock))
  }
  return report({ programs, starts, uploads, calls, afterJobMb })
}

type Starts = ReadonlyMap<string, readonly Start[]>

/** In turns, so that whatever else the machine does falls on all alike; the first round is not counted. */
async function alternateStarts(
  programs: readonly Program[],
  rounds: number,
  { clock }: BenchContext,
  ask: (url: string, program: Program) => ReturnType<Ask>,
): Promise<Starts> {
  const starts = new Map<string, Start[]>(programs.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const program of programs) {
      const start = await startOnce(program, clock, (url) => ask(url, program))
      if (round >= 0) starts.get(program.name)?.push(start)
    }
  }
  return starts
}

/** Ready once Redis answered; the bare servers say hello, or 404. */
async function askReady(url: string): Promise<undefined> {
  await (await fetch(`${url}/ready`)).arrayBuffer()
}

let uploads = 0
/** The stack's own service runs what is accepted: the next start begins when it has nothing to do. */
async function uploadOne(api: string, stack: Stack): Promise<() => Promise<void>> {
  uploads += 1
  const uid = `starter-${uploads}`
  const patience = { answerWithinMs: ANSWER_WITHIN_MS, acceptedWithinMs: ANSWER_WITHIN_MS }
  const client = createAppClient({ api, uid, onLie: fail, ...patience })
  const { jobId } = await client.upload([await someFile(uploads)])
  return () => untilCompleted(createAppClient({ api: stack.api, uid, onLie: fail }), jobId)
}

async function memoryAfterJob(stack: Stack): Promise<number> {
  const client = createAppClient({ api: stack.api, uid: 'first', onLie: fail })
  const { jobId } = await client.upload([await someFile(0)])
  await untilCompleted(client, jobId)
  return residentMbOf(stack.servicePid())
}

async function untilCompleted(client: AppClient, jobId: string): Promise<void> {
  await until('the job ends', async () => (await client.status(jobId))?.status === 'completed')
}

async function someFile(back: number) {
  const { namePrefix, body } = await recording('austen-unless')
  const startSeconds = Math.floor(Date.now() / 1_000) - 3_600 - 60 * back
  return { name: `${namePrefix}_${startSeconds}.bin`, body }
}

function fail(lie: string): never {
  throw new Error(lie)
}

/** The running service's own, so that what is started beside it finds the same parties. */
async function environmentOfProcess(pid: number): Promise<Record<string, string>> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8')
  const rows = text.split('\0').filter((row) => row.includes('='))
  return Object.fromEntries(
    rows
      .map((row) => [row.slice(0, row.indexOf('=')), row.slice(row.indexOf('=') + 1)] as const)
      .filter(([name]) => !name.startsWith('NODE_CHANNEL')),
  )
}

function report(figures: {
  readonly programs: readonly Program[]
  readonly starts: Starts
  readonly uploads: Starts
  readonly calls: ReadonlyMap<string, number | undefined>
  readonly afterJobMb: number
}): BenchReport {
  const { programs, starts, calls, afterJobMb } = figures
  const samples = (name: string, pick: (start: Start) => number, from = starts) =>
    (from.get(name) ?? []).map(pick)
  const measure = (what: string, unit: string, pick: (start: Start) => number): Measure => ({
    what,
    unit,
    reference: REFERENCE,
    contestants: programs.map(({ name, role }) => ({ name, role, samples: samples(name, pick) })),
  })
  const ratio = (pick: (start: Start) => number) =>
    median(samples(OURS, pick)) / median(samples(REFERENCE, pick))
  const first = (what: string, pick: (start: Start) => number): Measure => {
    const reference = `${REFERENCE}, first GET`
    return {
      what,
      unit: 'ms',
      reference,
      contestants: [
        { name: OURS, role: 'ours', samples: samples(OURS, pick, figures.uploads) },
        { name: reference, role: 'peer', samples: samples(REFERENCE, pick, figures.uploads) },
      ],
    }
  }
  const firstMs = (name: string) =>
    median(samples(name, ({ answeredMs }) => answeredMs, figures.uploads))
  const counted = [...calls.values()].every((count) => count !== undefined)
  const expressMb = median(samples(REFERENCE, ({ listeningMb }) => listeningMb))
  return {
    measures: [
      measure('spawn to listening', 'ms', ({ listeningMs }) => listeningMs),
      measure('CPU of it', 'ms', ({ listeningCpuMs }) => listeningCpuMs),
      measure('spawn to the first answer', 'ms', ({ answeredMs }) => answeredMs),
      measure('CPU of it', 'ms', ({ answeredCpuMs }) => answeredCpuMs),
      first('spawn to the first 202', ({ answeredMs }) => answeredMs),
      first('CPU of it', ({ answeredCpuMs }) => answeredCpuMs),
      ...(counted ? [fileCalls(programs, calls)] : []),
      measure('memory when listening', 'MB', ({ listeningMb }) => listeningMb),
    ],
    goals: [
      atMost(
        `G1 to listening <= 0.75 x ${REFERENCE}`,
        ratio((s) => s.listeningMs),
        0.75,
      ),
      atMost(
        '   the same in CPU',
        ratio((s) => s.listeningCpuMs),
        0.75,
      ),
      ...(counted
        ? [
            atMost(
              `G2 file system calls <= 2 x ${FLOOR}`,
              (calls.get(OURS) ?? 0) / (calls.get(FLOOR) ?? 1),
              2,
            ),
          ]
        : []),
      atMost(
        `G3 memory when listening <= 1.15 x ${REFERENCE}`,
        ratio((s) => s.listeningMb),
        1.15,
      ),
      atMost(`   after the first job <= 2 x ${REFERENCE}`, afterJobMb / expressMb, 2),
      atMost(
        `G4 to the first 202 <= 3 x ${REFERENCE}'s GET`,
        firstMs(OURS) / firstMs(REFERENCE),
        3,
      ),
    ],
    notes: [
      'Listening is seen by knocking every 2 ms. Ours answers when Redis does; its 202 says that the file',
      'is staged, the record written and the task enqueued. The bare servers are CommonJS, unbundled.',
      counted
        ? 'File system calls: those that strace -f counts until listen(2), of one start.'
        : 'There is no strace here: file system calls were not counted.',
    ],
  }
}

function fileCalls(
  programs: readonly Program[],
  calls: ReadonlyMap<string, number | undefined>,
): Measure {
  return {
    what: 'file system calls to listening',
    unit: 'calls',
    reference: FLOOR,
    contestants: programs.map(({ name, role }) => {
      return { name, role, samples: [calls.get(name) ?? Number.NaN] }
    }),
  }
}
