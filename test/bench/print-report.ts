import Table from 'cli-table3'
import type { Bench, BenchReport, Contestant, Measure } from './bench.ts'
import { inDigits, median } from './statistics.ts'

/** Ratios below this are noise on shared cores. */
const NO_DIFFERENCE = 1.15

/** One bench for people: a table a measure, then the verdicts. */
export function printReport(bench: Bench, report: BenchReport): string {
  const goals = report.goals.map(
    ({ what, value, isMet }) => `  ${isMet ? 'met   ' : 'missed'}  ${what}: ${inDigits(value)}`,
  )
  return [
    `${bench.number} ${bench.name}: ${bench.title}`,
    ...report.measures.map(printMeasure),
    ...(goals.length > 0 ? goals : ['  no goal: for comparison only']),
    ...report.notes.map((note) => `  ${note}`),
    '',
  ].join('\n')
}

function printMeasure({ what, unit, contestants, reference }: Measure): string {
  const table = new Table({
    head: [`${what} (${unit})`, 'role', 'min', 'median', 'max', 'samples', `x ${reference}`],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  const base = contestants.find(({ name }) => name === reference)
  for (const one of contestants) {
    const { name, role, samples } = one
    table.push([
      name,
      role,
      inDigits(Math.min(...samples)),
      inDigits(median(samples)),
      inDigits(Math.max(...samples)),
      samples.length,
      base ? ratioOf(one, base) : '-',
    ])
  }
  return table.toString()
}

function ratioOf(one: Contestant, base: Contestant): string {
  if (one === base) return '1'
  const ratio = median(one.samples) / median(base.samples)
  const isExact = one.samples.length === 1 && base.samples.length === 1
  const isNoise = !isExact && ratio < NO_DIFFERENCE && ratio > 1 / NO_DIFFERENCE
  return isNoise ? `${ratio.toFixed(2)} (no difference)` : inDigits(ratio)
}
