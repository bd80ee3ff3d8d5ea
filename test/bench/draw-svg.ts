import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** Legible on a dark page too. */
export const PLOT = { background: 'white', padding: 8, spacing: 8 } as const

/** Coordinates to a tenth of a pixel, and no words for screen readers: README says what is seen. */
export async function drawSvg(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  const short = svg
    .replace(/ (?:aria-\w+|role|class|pointer-events)="[^"]*"/g, '')
    .replace(/\d+\.\d{2,}/g, (number) => String(Math.round(Number(number) * 10) / 10))
  return `${short}\n`
}
