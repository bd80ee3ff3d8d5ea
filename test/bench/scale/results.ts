import { type Cost, costsOf } from './costs.ts'
import type { Scenario } from './scenarios.ts'
import { type Findings, type Shares, simulate } from './simulate.ts'
import { firstWall } from './walls.ts'

/** A scenario played, and what it says. Figures of one deployment are multiplied by how many there are. */
export interface Result {
  readonly scenario: Scenario
  readonly findings: Findings
  readonly costs: readonly Cost[]
  readonly instances: { readonly mean: number; readonly max: number }
  /** The next wall of this deployment, and at how many uploads a minute it is met. */
  readonly nextWall: { readonly name: string; readonly setting: string; readonly perMinute: number }
  /** What was used most. */
  readonly fullest: { readonly name: keyof Shares; readonly share: number }
  /** From when on nothing waits any more; undefined when it still does at the end. */
  readonly calmFromMinute: number | undefined
}

/** Fewer tasks than this are on their way, not waiting. */
const CALM_BELOW = 10

export function play(scenario: Scenario): Result {
  const { story } = scenario
  const { deployment, workload } = story
  const findings = simulate(story)
  const { wall, perMinute } = firstWall(deployment, workload)
  const { mean, max } = findings.instances
  const { stamps } = deployment
  return {
    scenario,
    findings,
    costs: costsOf(findings, deployment, workload),
    instances: { mean: mean * stamps, max: max * stamps },
    nextWall: { name: wall.name, setting: wall.setting, perMinute: perMinute * stamps },
    fullest: fullestOf(findings.shares),
    calmFromMinute: calmFrom(findings),
  }
}

function fullestOf(shares: Shares): Result['fullest'] {
  const all = Object.entries(shares) as [keyof Shares, number][]
  const [name, share] = all.reduce((most, one) => (one[1] > most[1] ? one : most))
  return { name, share }
}

function calmFrom({ series }: Findings): number | undefined {
  const last = series.findLastIndex(({ waiting }) => waiting > CALM_BELOW)
  return last < 0 ? 0 : series[last + 1]?.minute
}

/** The value below which that share of sorted samples lies; 0 without samples. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
