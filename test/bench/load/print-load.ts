import { percentile } from '../scale/results.ts'
import { inDigits } from '../statistics.ts'
import type { LoadReport, Phase } from './load.ts'
import type { LoadSample } from './messages.ts'

const MEGABYTE = 1_024 * 1_024

/** How the service's process was in one phase. */
export function ofPhase(report: LoadReport, { fromMs, toMs }: Phase) {
  const samples = report.samples.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
  const delays = samples.flatMap(({ loopDelaysMs }) => loopDelaysMs).sort((a, b) => a - b)
  const own = samples.flatMap(({ ownDelaysMs }) => ownDelaysMs).sort((a, b) => a - b)
  const most = (of: (sample: LoadSample) => number) =>
    samples.reduce((max, sample) => Math.max(max, of(sample)), 0)
  return {
    seconds: (toMs - fromMs) / 1_000,
    rssMb: most(({ rssBytes }) => rssBytes) / MEGABYTE,
    externalMb: most(({ externalBytes }) => externalBytes) / MEGABYTE,
    loopP50Ms: percentile(delays, 0.5),
    loopP99Ms: percentile(delays, 0.99),
    ownP99Ms: percentile(own, 0.99),
    loopMaxMs: delays.at(-1) ?? 0,
  }
}

/** Every answer by its code, and what became of the claims. */
export function answersOf(report: LoadReport): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([answer, count]) => `${count} x ${answer}`)
      .join(' and ')
  const { retryAfterS, pollMs } = report
  const shed =
    retryAfterS.length > 0
      ? `, to come again in ${Math.min(...retryAfterS)} to ${Math.max(...retryAfterS)} s`
      : ''
  return [
    `uploads ${list(report.uploads)}${shed}`,
    `polls ${list(report.polls)}, p50 ${inDigits(percentile(pollMs, 0.5))} ms, p99 ${inDigits(percentile(pollMs, 0.99))} ms`,
    `deliveries ${list(report.deliveries)}`,
    `${report.jobs} jobs, ${report.attempts} attempts, ${report.renewals} renewals, ${report.claimsLost} claims lost`,
  ].join('; ')
}
