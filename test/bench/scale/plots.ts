import type { TopLevelSpec } from 'vega-lite'
import { drawSvg, PLOT } from '../draw-svg.ts'
import type { Deployment } from './deployment.ts'
import type { Result } from './results.ts'
import { HEADROOM, WALLS } from './walls.ts'
import type { Workload } from './workload.ts'

const LOADS = [10, 1_000, 100_000]
const PANEL = { width: 560, height: 90 }
const PANELS = [
  { field: 'waiting', title: 'waiting tasks', colour: '#b5542b' },
  { field: 'oldestS', title: 'oldest waits, s', colour: '#8a6d1d' },
  { field: 'running', title: 'jobs running', colour: '#22658f' },
  { field: 'instances', title: 'instances', colour: '#3c7d4f' },
] as const

/** How a story went: what waits, what runs, on how many instances. */
export function plotStory({ scenario, findings }: Result): Promise<string> {
  const spec: TopLevelSpec = {
    ...PLOT,
    title: scenario.title,
    data: { values: [...findings.series] },
    vconcat: PANELS.map(({ field, title, colour }, at) => ({
      ...PANEL,
      mark: { type: 'line', color: colour, strokeWidth: 1.5 },
      encoding: {
        x: {
          field: 'minute',
          type: 'quantitative',
          title: at === PANELS.length - 1 ? 'minute' : null,
        },
        y: { field, type: 'quantitative', title, axis: { tickCount: 4 } },
      },
    })),
  }
  return drawSvg(spec)
}

/** Where the default deployment's walls stand, and the loads that were asked about. */
export function plotWalls(deployment: Deployment, workload: Workload): Promise<string> {
  const values = WALLS.map((wall) => {
    return { wall: wall.name, perMinute: wall.perMinute(deployment, workload) * HEADROOM }
  })
  const scale = { type: 'log' as const, domain: [1, 200_000] }
  const spec: TopLevelSpec = {
    ...PLOT,
    title: `Uploads a minute at which each wall of the default deployment is ${HEADROOM * 100} % full`,
    width: 520,
    layer: [
      {
        data: { values },
        mark: { type: 'bar', color: '#22658f' },
        encoding: {
          y: { field: 'wall', type: 'nominal', sort: 'x', title: null, axis: { labelLimit: 360 } },
          x: { field: 'perMinute', type: 'quantitative', scale, title: 'uploads a minute' },
        },
      },
      {
        data: { values: LOADS.map((load) => ({ load })) },
        mark: { type: 'rule', color: '#b5542b', strokeDash: [4, 3] },
        encoding: { x: { field: 'load', type: 'quantitative', scale } },
      },
    ],
  }
  return drawSvg(spec)
}
