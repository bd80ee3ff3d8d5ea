import Table from 'cli-table3'
import { inDigits } from '../statistics.ts'
import type { Deployment } from './deployment.ts'
import { percentile, type Result } from './results.ts'
import { firstWall, HEADROOM, type Step, WALLS } from './walls.ts'
import type { Workload } from './workload.ts'

const STYLE = { head: [], border: [], compact: true }

/** Every wall of one deployment, nearest first. */
export function printWalls(deployment: Deployment, workload: Workload): string {
  const table = new Table({
    head: ['wall of the default deployment', 'uploads a minute', 'what moves it', 'now'],
    colAligns: ['left', 'right', 'left', 'right'],
    style: STYLE,
  })
  const first = firstWall(deployment, workload)
  const rows = WALLS.map((wall) => {
    return { wall, perMinute: wall.perMinute(deployment, workload) * HEADROOM }
  }).sort((a, b) => a.perMinute - b.perMinute)
  for (const { wall, perMinute } of rows) {
    table.push([wall.name, inDigits(perMinute), wall.setting, inDigits(wall.read(deployment))])
  }
  return `${table}\n  First: ${first.wall.name}. Each is counted ${HEADROOM * 100} % full.\n`
}

/** What must be set, in the order in which the walls are met. */
export function printSteps(title: string, steps: readonly Step[]): string {
  if (steps.length === 0) return `${title}: the default deployment takes it\n`
  const table = new Table({
    head: [title, 'met at', 'set', 'from', 'to'],
    colAligns: ['left', 'right', 'left', 'right', 'right'],
    style: STYLE,
  })
  for (const { wall, atPerMinute, setting, from, to } of steps) {
    table.push([wall, `${inDigits(atPerMinute)} a min`, setting, inDigits(from), inDigits(to)])
  }
  return `${table}\n`
}

export function printResult(result: Result): string {
  const { scenario, findings, costs, instances, nextWall, fullest, calmFromMinute } = result
  const { latencies, shares, spent } = findings
  const total = costs.reduce((sum, { perMillion }) => sum + perMillion, 0)
  const lines = [
    `jobs: ${inDigits(findings.accepted)} accepted, ${inDigits(findings.done)} ended, ${inDigits(findings.inSystem.live)} live at the end${scenario.story.deployment.stamps > 1 ? `, in one of ${scenario.story.deployment.stamps} deployments` : ''}`,
    `instances: ${inDigits(instances.mean)} on average, ${inDigits(instances.max)} at most`,
    `waiting in the queues: ${inDigits(findings.waitingMax)} at most, the first one ${inDigits(findings.oldestMaxS)} s at most${calmFromMinute === 0 ? '' : `, none from minute ${calmFromMinute === undefined ? '- (not within the story)' : Math.round(calmFromMinute)} on`}`,
    ...describeLatencies('fresh', latencies.fresh),
    ...describeLatencies('backfill', latencies.backfill),
    `used: ${Object.entries(shares)
      .filter(([, share]) => share >= 0.005)
      .map(([name, share]) => `${name} ${Math.round(share * 100)} %`)
      .join(', ')}; fullest: ${fullest.name}`,
    `answered later: ${inDigits(findings.providerRefused)} calls of the provider, ${inDigits(findings.platformRefused)} requests of the platform; ${inDigits(spent.snoozes)} postponements, ${inDigits(spent.revived)} revivals, ${inDigits(findings.looksPerMinuteMax)} looks of recovery a minute at most (it takes ${inDigits(scenario.story.deployment.recoveryLooksPerMinute)})`,
    `next wall: ${nextWall.name}, at ${inDigits(nextWall.perMinute)} a minute; ${nextWall.setting}`,
    `a million jobs: $ ${inDigits(total)}, of it ${costs.map(({ what, perMillion }) => `${what} ${inDigits(perMillion)}`).join(', ')}`,
  ]
  return [scenario.title, ...lines.map((line) => `  ${line}`), ''].join('\n')
}

function describeLatencies(lane: string, sorted: readonly number[]): string[] {
  if (sorted.length === 0) return []
  const at = (share: number) => inDigits(percentile(sorted, share) / 1_000)
  return [`${lane}, s from the 202 to the end: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}`]
}
