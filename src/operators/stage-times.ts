import type { JobRecord } from '../kernel/index.ts'

/** Milliseconds a job spent in each stage, by the run that ended it. */
export type StageTimes = Readonly<
  Record<string, { readonly jobs: number; readonly medianMs: number; readonly p95Ms: number }>
>

export function stageTimesOf(jobs: readonly JobRecord[]): StageTimes {
  const spent = new Map<string, number[]>()
  for (const job of jobs) {
    if (!('outcome' in job)) continue
    for (const [stage, ms] of Object.entries(job.outcome.stageMs ?? {})) {
      spent.set(stage, [...(spent.get(stage) ?? []), ms])
    }
  }
  return Object.fromEntries(
    [...spent].map(([stage, times]) => {
      const sorted = times.sort((a, b) => a - b)
      const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0)
      return [stage, { jobs: sorted.length, medianMs: at(0.5), p95Ms: at(0.95) }]
    }),
  )
}
