import type { TopLevelSpec } from 'vega-lite'
import { drawSvg, PLOT } from '../draw-svg.ts'
import type { LoadReport } from './load.ts'

const MEGABYTE = 1_024 * 1_024

/** Memory and event loop of the service's process over the run, its phases told apart. */
export function plotLoad(title: string, { samples, phases }: LoadReport): Promise<string> {
  const startMs = phases[0]?.fromMs ?? 0
  const second = (atMs: number) => (atMs - startMs) / 1_000
  const values = samples.map(({ atMs, rssBytes, externalBytes, loopDelayMs }) => {
    const megabytes = { rss: rssBytes / MEGABYTE, external: externalBytes / MEGABYTE }
    return { second: second(atMs), loopDelayMs, ...megabytes }
  })
  const borders = phases.slice(1).map(({ fromMs }) => ({ second: second(fromMs) }))
  const panel = (field: string, panelTitle: string, color: string, isLast: boolean) => ({
    width: 560,
    height: 90,
    layer: [
      {
        mark: { type: 'line' as const, color, strokeWidth: 1.5 },
        encoding: {
          x: {
            field: 'second',
            type: 'quantitative' as const,
            title: isLast ? 'second' : null,
          },
          y: { field, type: 'quantitative' as const, title: panelTitle, axis: { tickCount: 4 } },
        },
      },
      {
        data: { values: borders },
        mark: { type: 'rule' as const, color: '#999999', strokeDash: [4, 3] },
        encoding: { x: { field: 'second', type: 'quantitative' as const } },
      },
    ],
  })
  const spec: TopLevelSpec = {
    ...PLOT,
    title,
    data: { values },
    vconcat: [
      panel('rss', 'RSS, MB', '#22658f', false),
      panel('external', 'external, MB', '#3c7d4f', false),
      panel('loopDelayMs', 'loop late, ms', '#b5542b', true),
    ],
  }
  return drawSvg(spec)
}
