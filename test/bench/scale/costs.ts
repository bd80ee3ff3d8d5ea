import type { Deployment } from './deployment.ts'
import { PRICES } from './prices.ts'
import type { Findings } from './simulate.ts'
import type { Workload } from './workload.ts'

export interface Cost {
  readonly what: string
  /** Dollars for a million jobs. */
  readonly perMillion: number
}

const MILLION = 1_000_000
const HOUR_MS = 3_600_000
const GIB = 2 ** 30

/** What a million jobs cost at the pace of these findings, dearest first. */
export function costsOf(findings: Findings, deployment: Deployment, workload: Workload): Cost[] {
  const { countedDone, countedMs, spent, instances, deliveries } = findings
  const perMillion = MILLION / Math.max(1, countedDone)
  const { vcpus, memoryGib, redisMemoryGb, redisNodes } = deployment
  const instanceSeconds = (instances.mean * countedMs) / 1_000
  const instanceSecond = vcpus * PRICES.vcpuSecond + memoryGib * PRICES.gibSecond
  const redisHour = redisMemoryGb * redisNodes * PRICES.redisGbHour
  const costs = [
    ['speech-to-text', (spent.sttSeconds / 60) * PRICES.sttMinute],
    ['Cloud Run', instanceSeconds * instanceSecond],
    ['Redis', redisHour * (countedMs / HOUR_MS)],
    ['Cloud Tasks', (spent.tasksCreated + deliveries) * PRICES.taskOperation],
    ['Cloud Storage, writes', countedDone * workload.objectWrites * PRICES.objectWrite],
    ['Cloud Storage, reads', countedDone * workload.objectReads * PRICES.objectRead],
    ['logs', ((countedDone * workload.logBytesPerJob) / GIB) * PRICES.logGib],
  ] as const
  return costs
    .map(([what, dollars]) => ({ what, perMillion: dollars * perMillion }))
    .sort((a, b) => b.perMillion - a.perMillion)
}
