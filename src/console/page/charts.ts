import uPlot from 'uplot'
import type { EndedInHour, LoadSample } from './answers.ts'
import { now } from './browser-clock.ts'
import { el, fill, styled } from './element.ts'
import { clock, count, span } from './format.ts'
import { toLines } from './load-lines.ts'

const HEIGHT_PX = 200
const DARK = '(prefers-color-scheme: dark)'

interface LineOptions {
  readonly title: string
  readonly series: readonly uPlot.Series[]
  readonly axis: Partial<uPlot.Axis>
}

/** Jobs that wait and jobs that run, over time. */
export function loadChart(signal: AbortSignal) {
  const whole = (_: uPlot, value: number | null) => (value === null ? '–' : count(value))
  const chart = createChart(signal, () => ({
    title: 'Waiting and running',
    axis: { values: (_, ticks) => ticks.map((tick) => (tick % 1 === 0 ? count(tick) : '')) },
    series: [line('Waiting', '--wait', whole), line('Running', '--run', whole)],
  }))
  return {
    figure: chart.figure,
    show: (samples: readonly LoadSample[], sinceAt: number) => {
      const { seconds, waiting, running } = toLines(samples)
      const last = samples.at(-1)
      const most = Math.max(0, ...samples.map((sample) => sample.waiting + sample.running))
      const told = `${last?.waiting ?? 0} waiting, ${last?.running ?? 0} running now; at most ${most} live since ${clock(sinceAt)}`
      chart.show([seconds, waiting, running], [sinceAt / 1_000, now() / 1_000], told)
    },
  }
}

/** How long the oldest job that has not ended has been there. */
export function oldestChart(signal: AbortSignal) {
  const minutes = (value: number) => (value === 0 ? '0' : span(value * 60_000))
  const chart = createChart(signal, () => ({
    title: 'Age of the oldest unfinished job',
    axis: { size: 70, values: (_, ticks) => ticks.map(minutes) },
    series: [line('Oldest', '--oldest', (_, value) => (value === null ? '–' : minutes(value)))],
  }))
  return {
    figure: chart.figure,
    show: (samples: readonly LoadSample[], sinceAt: number) => {
      const { seconds, oldestMinutes } = toLines(samples)
      const most = Math.max(0, ...oldestMinutes.map((value) => value ?? 0))
      const told = `at most ${minutes(most)} since ${clock(sinceAt)}`
      chart.show([seconds, oldestMinutes], [sinceAt / 1_000, now() / 1_000], told)
    },
  }
}

/** Ends by the hour, one upon the other. */
export function endedChart(signal: AbortSignal) {
  let hours: readonly EndedInHour[] = []
  const paths = uPlot.paths.bars?.({ size: [0.7, 60], align: 1 })
  const bars = (
    label: string,
    colour: string,
    of: (hour: EndedInHour) => number,
  ): uPlot.Series => ({
    label,
    stroke: colourOf(colour),
    fill: colourOf(colour),
    width: 0,
    points: { show: false },
    // The columns are sums; what is told of one is its own part.
    value: (_self, _value, _series, index) => {
      const hour = index === null ? undefined : hours[index]
      return hour ? count(of(hour)) : '–'
    },
    ...(paths ? { paths } : {}),
  })
  const chart = createChart(signal, () => ({
    title: 'Jobs ended, by hour',
    axis: { values: (_, ticks) => ticks.map((tick) => (tick % 1 === 0 ? count(tick) : '')) },
    series: [
      bars('Failed', '--failed', (hour) => hour.failed),
      bars('Partial', '--partial', (hour) => hour.partial_failure),
      bars('Completed', '--completed', (hour) => hour.completed),
    ],
  }))
  return {
    figure: chart.figure,
    show: (ended: readonly EndedInHour[]) => {
      hours = ended
      const from = (ended[0]?.fromAt ?? 0) / 1_000
      const sum = (of: (hour: EndedInHour) => number) =>
        ended.reduce((all, hour) => all + of(hour), 0)
      chart.show(
        [
          ended.map(({ fromAt }) => fromAt / 1_000),
          ended.map((hour) => hour.completed + hour.partial_failure + hour.failed),
          ended.map((hour) => hour.completed + hour.partial_failure),
          ended.map((hour) => hour.completed),
        ],
        [from, from + ended.length * 3_600],
        `${sum((h) => h.completed)} completed, ${sum((h) => h.partial_failure)} partial, ${sum((h) => h.failed)} failed in ${ended.length} hours`,
      )
    },
  }
}

/** A plot that keeps its place's width, its reader's colours, and its meaning in words. */
function createChart(signal: AbortSignal, optionsOf: () => LineOptions) {
  const place = el('div', { class: 'plot', role: 'img' })
  const { title } = optionsOf()
  const told = el('p', { class: 'hint told' })
  const figure = el('figure', {}, el('figcaption', {}, title), place, told)
  let plot: uPlot | undefined
  let shown: { data: uPlot.AlignedData; range: [number, number] } | undefined
  const draw = () => {
    if (!shown || place.clientWidth === 0) return
    plot?.destroy()
    plot = new uPlot(
      plotOptions(optionsOf(), place.clientWidth, () => shown?.range),
      shown.data,
    )
    fill(place, plot.root)
  }
  const resized = new ResizeObserver(() => {
    if (plot) plot.setSize({ width: place.clientWidth, height: HEIGHT_PX })
    else draw()
  })
  resized.observe(place)
  matchMedia(DARK).addEventListener('change', draw, { signal })
  signal.addEventListener('abort', () => {
    resized.disconnect()
    plot?.destroy()
  })
  return {
    figure,
    show: (data: uPlot.AlignedData, range: [number, number], words: string) => {
      shown = { data, range }
      place.setAttribute('aria-label', `${title}: ${words}`)
      told.textContent = words
      if (plot) plot.setData(data)
      else draw()
    },
  }
}

function plotOptions(
  { series, axis }: LineOptions,
  width: number,
  range: () => [number, number] | undefined,
): uPlot.Options {
  const ink = colourOf('--ink-soft')
  const grid = { stroke: colourOf('--line'), width: 1 }
  const ruled: Partial<uPlot.Axis> = { stroke: ink, grid, ticks: grid, font: '12px system-ui' }
  return {
    width,
    height: HEIGHT_PX,
    cursor: { drag: { x: false, y: false }, y: false },
    legend: { live: true },
    scales: {
      x: { time: true, range: (_, min, max) => range() ?? [min, max] },
      y: { range: (_self, _min, max) => [0, Math.max(1, max * 1.1)] },
    },
    series: [{ value: (_, at) => (at === null ? '–' : clock(at * 1_000)) }, ...series],
    axes: [
      { ...ruled, values: (_, ticks) => ticks.map((tick) => clock(tick * 1_000).slice(0, 5)) },
      { ...ruled, size: 50, ...axis },
    ],
  }
}

function line(
  label: string,
  colour: string,
  value: (self: uPlot, value: number | null) => string,
): uPlot.Series {
  const stroke = colourOf(colour)
  return {
    label,
    stroke,
    fill: stroke.replace('rgb(', 'rgba(').replace(')', ', 0.13)'),
    width: 2,
    points: { show: false },
    value,
  }
}

/** A variable of the style sheet as it is now: resolved by an element, since it may depend on the scheme. */
function colourOf(name: string): string {
  const probe = styled(el('i'), { color: `var(${name})` })
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
