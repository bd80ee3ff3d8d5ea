import type { SoakReport, Spread } from './report.ts'

const LABEL_WIDTH = 34

/** The report for people. */
export function printReport(report: SoakReport): string {
  const { settings, deliveriesByStatus, faultsStruck } = report
  const rows: readonly (readonly [string, string])[] = [
    ['settings', listed(settings)],
    [
      'took',
      `${seconds(report.seconds)}, the last end after ${seconds(report.secondsUntilTerminal)}`,
    ],
    ['uploads completed', `${report.completed} of ${settings['uploads']}`],
    ['ends that invited a re-upload', `${report.failedBefore}, each followed by one`],
    ['requests sent again', String(report.resent)],
    ['uploads sent twice at once', String(report.doubled)],
    ['processes killed', String(report.kills)],
    ['faults struck', listed(faultsStruck)],
    ['deliveries by status', listed(deliveriesByStatus)],
    ['segments', `${report.segments}, each text once in the conversations`],
    [
      'calls the provider answered',
      `${report.paidCalls}, ${report.paidAgain} of them again after a death in between`,
    ],
    ['cut uploads left to the sweep', String(report.leftToSweep)],
    ['202 to the end', inMs(report.terminalMs)],
    ['death to the next claim', inMs(report.claimedAfterDeathMs)],
  ]
  const verdict = report.faults.length === 0 ? 'Every invariant held.' : 'RED'
  return [
    ...rows.map(([label, value]) => `  ${label.padEnd(LABEL_WIDTH)}${value}`),
    '',
    ...new Set(report.faults.map((fault) => `RED ${fault}`)),
    verdict,
    '',
  ].join('\n')
}

function listed(counts: Readonly<Record<string, number | string>>): string {
  return Object.entries(counts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

function seconds(value: number): string {
  return `${value.toFixed(0)} s`
}

function inMs({ count, median, p95, max }: Spread): string {
  if (count === 0) return '-'
  const [a, b, c] = [median, p95, max].map((ms) => ms.toLocaleString('en-US'))
  return `median ${a} ms, 95 % ${b} ms, max ${c} ms (${count})`
}
