import { describeError } from '../../src/kernel/index.ts'
import type { CellOptions } from './cell.ts'
import { enumerateSteps, pathOf, type StepClass } from './enumerate-cells.ts'
import type { Lane } from './lane.ts'
import type { LanePool, LaneWork } from './lane-pool.ts'
import { type CellResult, type RecoveryTimes, runCell } from './run-cell.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'

/** One cell of the matrix, judged. */
export interface JudgedCell extends StepClass {
  readonly scenario: string
  /** None: green. */
  readonly faults: readonly string[]
  readonly orphans: string | undefined
  readonly ms: RecoveryTimes
  readonly attempts: number
}

export interface MatrixOptions {
  readonly pool: LanePool
  readonly scenarios?: readonly Scenario[]
  /** Which cells, by `scenario/step:occurrence:moment`; all when absent. */
  readonly wants?: (name: string) => boolean
  readonly onCell?: (cell: JudgedCell) => void
}

/** A busy machine may lose a lease or a reply, and then takes another path. */
const MOST_RECORDINGS = 6
/** Neighbours may change places on a busy machine: a point that was passed by is tried again. */
const TRIES = 3

/** Records every path, then kills a process before and after each of its durable steps. */
export async function runMatrix(options: MatrixOptions): Promise<JudgedCell[]> {
  const { pool, onCell, wants = () => true, scenarios = SCENARIOS } = options
  const recorded = new Map<Scenario, Recording>()
  await pool.run(
    scenarios.map(
      (scenario): LaneWork => ({
        mode: scenario.mode,
        run: async (lane) => {
          recorded.set(scenario, await record(lane, scenario))
          return true
        },
      }),
    ),
  )
  const planned = scenarios.flatMap((scenario) => plan(scenario, recorded.get(scenario), wants))
  const judged = new Map<PlannedCell, JudgedCell>()
  await pool.run(
    // The last steps first: what they leave owed is waited for longest.
    planned.toReversed().map(
      (cell): LaneWork => ({
        mode: cell.scenario.mode,
        run: async (lane, onIdle) => {
          const { point } = cell
          const { result, isLaneKept } = await tryCell({ lane, ...cell, onIdle })
          const verdict = { scenario: cell.scenario.name, ...point, ...result }
          judged.set(cell, verdict)
          onCell?.(verdict)
          return isLaneKept
        },
      }),
    ),
  )
  return planned.map((cell) => judged.get(cell)).filter((cell) => cell !== undefined)
}

interface Recording {
  readonly steps: readonly StepClass[]
  readonly texts: readonly string[]
}

interface PlannedCell {
  readonly scenario: Scenario
  readonly point: StepClass
  readonly texts: readonly string[]
}

/**
 * Runs the path undisturbed until two runs agree on its steps: what two do, a third will do.
 * @throws Error when an undisturbed run breaks a law: then no crash can be judged
 */
async function record(lane: Lane, scenario: Scenario): Promise<Recording> {
  const runs: CellResult[] = []
  for (;;) {
    const run = await runCell({ lane, scenario })
    const { faults, steps, texts } = run
    if (faults.length > 0) throw new Error(`${scenario.name}, undisturbed: ${faults.join('; ')}`)
    const twin = runs.find((r) => pathOf(r.steps, scenario) === pathOf(steps, scenario))
    if (twin) return { steps: enumerateSteps([twin.steps, steps], scenario), texts }
    runs.push(run)
    if (runs.length === MOST_RECORDINGS) {
      throw new Error(`${scenario.name}: no two of ${runs.length} undisturbed runs took one path`)
    }
  }
}

function plan(
  scenario: Scenario,
  recording: Recording | undefined,
  wants: (name: string) => boolean,
): PlannedCell[] {
  const { steps, texts } = recording ?? { steps: [], texts: [] }
  return steps
    .filter((at) => wants(`${scenario.name}/${at.step}:${at.occurrence}:${at.moment}`))
    .map((point) => ({ scenario, point, texts }))
}

type Verdict = Pick<JudgedCell, 'faults' | 'orphans' | 'ms' | 'attempts'>

async function tryCell(
  options: CellOptions,
): Promise<{ readonly result: Verdict; readonly isLaneKept: boolean }> {
  for (let tries = 1; ; tries += 1) {
    try {
      const { isReached, faults, orphans, ms, attempts } = await runCell(options)
      if (isReached || faults.length > 0) {
        return { result: { faults, orphans, ms, attempts }, isLaneKept: true }
      }
      if (tries === TRIES) return { result: red('the step was never reached'), isLaneKept: true }
    } catch (error) {
      return { result: red(describeError(error)), isLaneKept: false }
    }
  }
}

function red(fault: string): Verdict {
  return { faults: [fault], orphans: undefined, ms: {}, attempts: 0 }
}
