import type { JudgedCell } from './crash-matrix.ts'
import type { RecoveryTimes } from './run-cell.ts'
import type { Scenario } from './scenarios.ts'

const STEP_WIDTH = 32
const CELL_WIDTH = 26

/** The matrix for people: one row a step, its two moments beside each other. */
export function printTable(cells: readonly JudgedCell[], scenarios: readonly Scenario[]): string {
  const notes: string[] = []
  const note = (orphans: string) => {
    if (!notes.includes(orphans)) notes.push(orphans)
    return '*'.repeat(notes.indexOf(orphans) + 1)
  }
  const show = (cell: JudgedCell | undefined) => {
    if (cell === undefined) return '-'
    if (cell.faults.length > 0) return 'RED'
    const { terminal, whole } = cell.ms
    return `ok ${inMs(terminal)} ${inMs(whole)} x${cell.attempts}${cell.orphans ? ` ${note(cell.orphans)}` : ''}`
  }
  const tables = scenarios.flatMap(({ name, title }) => {
    const own = cells.filter((cell) => cell.scenario === name)
    if (own.length === 0) return []
    const rows = Map.groupBy(own, (cell) => `${cell.step} ${cell.occurrence}/${cell.of}`)
    const lines = [...rows].map(([step, both]) => {
      const [before, after] = (['before', 'after'] as const).map((moment) =>
        show(both.find((cell) => cell.moment === moment)).padEnd(CELL_WIDTH),
      )
      return `  ${step.padEnd(STEP_WIDTH)}${before}${after}`.trimEnd()
    })
    const head = `  ${''.padEnd(STEP_WIDTH)}${'killed before'.padEnd(CELL_WIDTH)}killed after`
    return [`${name}: ${title}`, head, ...lines, '']
  })
  const legend = [
    'ok: ms from the death until the client is told the end, and until nothing is owed any more;',
    '-: that had happened before it; x2: two attempts.',
    ...notes.map((text, i) => `${'*'.repeat(i + 1)} ${text}`),
  ]
  return [...tables, ...legend, '', ...listFaults(cells)].join('\n')
}

/** One red cell and why. */
export function describeRed({ scenario, step, occurrence, moment, faults }: JudgedCell): string {
  return `RED ${scenario}/${step}:${occurrence}:${moment}\n    ${[...new Set(faults)].join('\n    ')}`
}

/** Every broken law, and the figures. */
function listFaults(cells: readonly JudgedCell[]): string[] {
  const red = cells.filter((cell) => cell.faults.length > 0)
  return [
    ...red.map(describeRed),
    `${cells.length} cells, ${red.length} red.`,
    ...(['claimed', 'terminal', 'whole'] as const).map((what) => describeTimes(cells, what)),
  ]
}

const WORDS: Readonly<Record<keyof RecoveryTimes, string>> = {
  claimed: 'death to next claim',
  terminal: 'death to terminal',
  whole: 'death to nothing owed',
}

function describeTimes(cells: readonly JudgedCell[], what: keyof RecoveryTimes): string {
  const times = cells.map((cell) => cell.ms[what]).filter((ms) => ms !== undefined)
  const sorted = times.toSorted((a, b) => a - b)
  const [median, max] = [sorted[sorted.length >> 1], sorted.at(-1)]
  return `${WORDS[what]}: median ${inMs(median)} ms, max ${inMs(max)} ms (${times.length} cells)`
}

function inMs(ms: number | undefined): string {
  return ms === undefined ? '-' : Math.round(ms).toLocaleString('en-US')
}
