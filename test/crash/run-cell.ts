import { judgeMeter } from '../support/judge-meter.ts'
import { readTruth } from '../support/stored-truth.ts'
import { until } from '../support/until.ts'
import { type Cell, type CellOptions, createCell } from './cell.ts'
import { checkEnd } from './check-end.ts'
import { judgeCalls } from './judge-calls.ts'
import { judgeOrphans } from './judge-staging.ts'
import type { Lane } from './lane.ts'
import type { StepLine } from './orders.ts'
import { type JobTimes, runToEnd, sendAgain } from './run-to-end.ts'

export interface CellResult {
  /** A process was killed where it should be. */
  readonly isReached: boolean
  /** What broke a law, each in one sentence; none: green. */
  readonly faults: readonly string[]
  /** What is left behind and said to be swept later. */
  readonly orphans: string | undefined
  readonly ms: RecoveryTimes
  /** Executions of the job that were counted; a snoozed one is given back. */
  readonly attempts: number
  readonly texts: readonly string[]
  readonly steps: readonly StepLine[]
}

/** Milliseconds from the death; absent where that had happened before it. */
export interface RecoveryTimes {
  /** Somebody holds the job again. */
  readonly claimed?: number
  /** The client is told the end. */
  readonly terminal?: number
  /** Nothing is owed any more. */
  readonly whole?: number
}

const KILLED_WITHIN_MS = 2_500

/** One upload of a fresh user, a process that dies where it is told, and everything held to the laws. */
export async function runCell(options: CellOptions): Promise<CellResult> {
  const { lane, scenario, point } = options
  const { mood } = scenario
  const cell = await createCell(options)
  try {
    const prior = scenario.hasPrior ? await runToEnd(cell) : undefined
    await lane.service.atStrength()
    const armed = lane.mark()
    scenario.disturb?.(lane)
    await lane.service.arm({ ...(point ? { point } : {}), ...(mood ? { mood } : {}) })
    const times =
      prior && cell.subject
        ? { ...prior, wholeMs: await sendAgain(cell, cell.subject) }
        : await runToEnd(cell)
    const isReached = point !== undefined && (await sawKill(cell))
    await comeToRest(lane)
    const steps = lane.stepsSince(armed)
    const ms = await recoveryTimes(cell, times)
    if (scenario.isCancelled && cell.subject) {
      await sendAgain(cell, cell.subject)
    } else if (times.status !== 'completed') {
      // The provider is itself again, and the client does what a failure invites it to.
      await lane.service.arm({})
      await runToEnd(cell)
      await comeToRest(lane)
    }
    return { isReached, steps, ms, attempts: times.attempts, ...(await judge(cell)) }
  } finally {
    await Promise.all(cell.watches.map((watch) => watch.stop()))
    lane.witness(undefined)
    lane.tasks.faults.clear()
    await lane.service.arm({})
  }
}

/** The last step of all is counted after the last thing that can be seen from outside. */
async function sawKill(cell: Cell): Promise<boolean> {
  return until('the process is killed', () => cell.deaths.length > 0, KILLED_WITHIN_MS).then(
    () => true,
    () => false,
  )
}

/** What a dead process left to the queue is delivered again: the next cell must not meet it. */
async function comeToRest({ service, tasks }: Lane): Promise<void> {
  await service.atStrength()
  await until('the queue is empty', () => {
    const { created, ...ends } = tasks.stats.tasks
    return created === Object.values(ends).reduce((sum, n) => sum + n, 0)
  })
}

async function judge(cell: Cell): Promise<Pick<CellResult, 'faults' | 'orphans' | 'texts'>> {
  const { lane, uidHash, subject, began } = cell
  if (!subject) throw new Error('no upload was accepted')
  cell.faults.push(...(await checkEnd(subject)))
  const truth = await readTruth(lane, uidHash)
  cell.faults.push(...(await judgeMeter(lane.redis, cell.user, truth.transcripts)))
  cell.faults.push(...judgeCalls(lane.callsSince(began), cell.deaths, truth.transcripts))
  const { faults, orphans } = judgeOrphans(truth, { ...subject, wasCut: cell.wasCut })
  return {
    faults: [...cell.faults, ...faults],
    orphans,
    texts: truth.transcripts.map(({ text }) => text).sort(),
  }
}

async function recoveryTimes(
  { lane, deaths, subject }: Cell,
  times: JobTimes,
): Promise<RecoveryTimes> {
  const deathMs = deaths[0]?.atMs
  if (deathMs === undefined || !subject) return {}
  const after = (atMs: number | undefined) =>
    atMs === undefined || atMs < deathMs ? undefined : atMs - deathMs
  const events = await lane.store.events(subject.jobId)
  const claimed = after(events.find((e) => e.name === 'claimed' && e.at >= deathMs)?.at)
  const [terminal, whole] = [after(times.terminalMs), after(times.wholeMs)]
  return {
    ...(claimed === undefined ? {} : { claimed }),
    ...(terminal === undefined ? {} : { terminal }),
    ...(whole === undefined ? {} : { whole }),
  }
}
