import { batchOf } from './batches.ts'
import type { Journey } from './send-batch.ts'
import type { SoakOptions } from './soak-options.ts'
import type { SoakStack } from './soak-stack.ts'

export interface SoakReport {
  readonly settings: Readonly<Record<string, number | string>>
  readonly seconds: number
  readonly secondsUntilTerminal: number
  readonly kills: number
  /** What struck, by kind. */
  readonly faultsStruck: Readonly<Record<string, number>>
  readonly deliveriesByStatus: Readonly<Record<string, number>>
  /** Uploads by their last end. */
  readonly completed: number
  /** Ends that invited a re-upload, which was then made. */
  readonly failedBefore: number
  /** Requests of uploads that came to nothing and were sent again. */
  readonly resent: number
  readonly doubled: number
  readonly segments: number
  /** Calls to the provider that it answered in full. */
  readonly paidCalls: number
  /** Of them those that repeat another: each for a process that died before it had written. */
  readonly paidAgain: number
  readonly leftToSweep: number
  /** Ms from the 202 until the client is told the end. */
  readonly terminalMs: Spread
  /** Ms from the death of a process with a call in flight until its job is claimed again. */
  readonly claimedAfterDeathMs: Spread
  /** What broke a law; none: green. */
  readonly faults: readonly string[]
}

export interface Spread {
  readonly count: number
  readonly median: number
  readonly p95: number
  readonly max: number
}

type Measured = Pick<
  SoakReport,
  | 'faults'
  | 'faultsStruck'
  | 'segments'
  | 'leftToSweep'
  | 'kills'
  | 'seconds'
  | 'secondsUntilTerminal'
>

export async function reportSoak(
  options: SoakOptions,
  stack: SoakStack,
  journeys: readonly Journey[],
  measured: Measured,
): Promise<SoakReport> {
  const { uploads, faultShare, killEveryMs, instances, parallel, pace, seed } = options
  const answered = stack.speech.calls.filter(({ what }) => what === 'answered')
  return {
    settings: { uploads, faultShare, killEveryMs, instances, parallel, pace, seed },
    deliveriesByStatus: stack.tasks.stats.deliveries.byStatus,
    completed: journeys.length,
    failedBefore: journeys.reduce((sum, { jobs }) => sum + jobs.length - 1, 0),
    resent: journeys.reduce((sum, { resent }) => sum + resent, 0),
    doubled: journeys.filter(({ batch }) => batch.isDoubled).length,
    paidCalls: answered.length,
    paidAgain: answered.length - new Set(answered.map(({ text }) => text)).size,
    terminalMs: spreadOf(journeys.map(({ acceptedMs, terminalMs }) => terminalMs - acceptedMs)),
    claimedAfterDeathMs: spreadOf(await claimsAfterDeaths(stack, journeys)),
    ...measured,
  }
}

/** Who died with a call in flight, and when his job had a holder again. */
async function claimsAfterDeaths(
  { speech, fleet, store }: SoakStack,
  journeys: readonly Journey[],
): Promise<number[]> {
  const waits: number[] = []
  const journeyOf = new Map(journeys.map((journey) => [journey.batch.number, journey]))
  for (const { pid, atMs } of fleet.deaths) {
    const own = speech.calls.filter((call) => call.pid === pid)
    const lost = own.filter(
      (ask) =>
        ask.what === 'asked' &&
        !own.some(
          ({ text, what, at }) =>
            text === ask.text && at >= ask.at && (what === 'answered' || what === 'failed'),
        ),
    )
    for (const number of new Set(lost.map(({ text }) => batchOf(text)))) {
      const job = journeyOf.get(number ?? -1)?.jobs.at(-1)
      const events = job ? await store.events(job.jobId) : []
      const next = events.find((event) => event.name === 'claimed' && event.at >= atMs)
      if (next) waits.push(next.at - atMs)
    }
  }
  return waits
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return { count: sorted.length, median: at(0.5), p95: at(0.95), max: at(1) }
}
