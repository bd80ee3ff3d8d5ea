import type { LoadSample, Overview } from './answers.ts'
import { messageOf } from './api.ts'
import { barList } from './bar-list.ts'
import { now, repeat } from './browser-clock.ts'
import { endedChart, loadChart, oldestChart } from './charts.ts'
import { el, fill } from './element.ts'
import { clock, count, span, words } from './format.ts'
import { mergeSamples } from './load-lines.ts'
import { jobsHash } from './routes.ts'
import { stageTable } from './stage-table.ts'
import type { ViewContext } from './view-context.ts'

const LOOK_AGAIN_MS = 5_000
const HOUR_MS = 3_600_000
const RANGES = [1, 6, 24] as const
const FIRST_RANGE = 1
/** Hours of ends that are plotted; only the last is asked for again. */
const ENDED_HOURS = 24

/** What the page has gathered: the server's minutes, its own looks, the ends by hour. */
interface Gathered {
  samples: readonly LoadSample[]
  endedByHour: Overview['endedByHour']
}

/** How the whole stands, and how it stood in the last hours. */
export function overviewView(context: ViewContext): string {
  const { main, signal } = context
  const parts = createParts(signal)
  const gathered: Gathered = { samples: [], endedByHour: [] }
  let hours: number = FIRST_RANGE
  let isPaused = false
  const drawLoad = () => {
    const sinceAt = now() - hours * HOUR_MS
    const samples = mergeSamples(gathered.samples, [], sinceAt)
    parts.load.show(samples, sinceAt)
    parts.oldest.show(samples, sinceAt)
  }
  const range = rangeSelect((chosen) => {
    hours = chosen
    drawLoad()
  })
  const pause = el('button', { type: 'button', 'aria-pressed': 'false' }, 'Pause')
  pause.addEventListener('click', () => {
    isPaused = !isPaused
    pause.setAttribute('aria-pressed', String(isPaused))
  })
  fill(
    main,
    el(
      'div',
      { class: 'title' },
      el('h1', { tabindex: -1 }, 'Overview'),
      parts.looked,
      range,
      pause,
    ),
    parts.problem,
    parts.cards,
    el('div', { class: 'charts' }, parts.load.figure, parts.oldest.figure, parts.ended.figure),
    el('div', { class: 'panels' }, parts.stages, parts.reasons, parts.standing),
  )
  const look = async () => {
    if (isPaused) return
    try {
      await gather(context, gathered, parts)
      if (!signal.aborted) drawLoad()
    } catch (error) {
      // Said once, not at every look.
      if (parts.problem.textContent !== messageOf(error)) {
        fill(parts.problem, el('p', { class: 'problem', role: 'alert' }, messageOf(error)))
      }
    }
  }
  repeat(look, LOOK_AGAIN_MS, signal)
  return 'Overview'
}

type Parts = ReturnType<typeof createParts>

function createParts(signal: AbortSignal) {
  return {
    looked: el('p', { class: 'hint', id: 'looked' }, 'Loading …'),
    problem: el('div'),
    cards: el('dl', { class: 'cards' }),
    load: loadChart(signal),
    oldest: oldestChart(signal),
    ended: endedChart(signal),
    stages: panel('Time in each stage'),
    reasons: panel('Errors by reason'),
    standing: panel('Attempts of live jobs'),
  }
}

/** The first look asks for all hours; later ones for what can have changed. */
async function gather({ api, signal }: ViewContext, gathered: Gathered, parts: Parts) {
  const isFirst = gathered.endedByHour.length === 0
  const [overview, load] = await Promise.all([
    api.get<Overview>(`/v2/admin/overview?hours=${isFirst ? ENDED_HOURS : 2}`),
    isFirst ? api.get<{ samples: LoadSample[] }>(`/v2/admin/load?hours=${ENDED_HOURS}`) : undefined,
  ])
  if (signal.aborted) return
  const { at, live, running, oldestLiveAt } = overview
  const seen: LoadSample = {
    ...{ at, waiting: live - running, running },
    ...(oldestLiveAt === undefined ? {} : { oldestLiveAt }),
  }
  const known = [...(load?.samples ?? []), ...gathered.samples]
  gathered.samples = mergeSamples(known, [seen], at - ENDED_HOURS * HOUR_MS)
  const fromAt = overview.endedByHour[0]?.fromAt ?? 0
  gathered.endedByHour = [
    ...gathered.endedByHour.filter((hour) => hour.fromAt < fromAt),
    ...overview.endedByHour,
  ].slice(-ENDED_HOURS)
  draw(parts, overview, gathered)
}

function draw(parts: Parts, overview: Overview, gathered: Gathered): void {
  const { at, working, stageTimes, reasons, sample } = overview
  parts.problem.replaceChildren()
  parts.looked.textContent = `Looked at ${clock(at)}, again every ${LOOK_AGAIN_MS / 1_000} s`
  fill(parts.cards, cardsOf(overview))
  parts.ended.show(gathered.endedByHour)
  refill(parts.stages, stageTable(working, stageTimes))
  refill(
    parts.reasons,
    barList(
      reasons.map(({ reasonCode, state, count: jobs }) => ({
        title: state === 'failed' ? reasonCode : `${reasonCode}, ${words(state)}`,
        href: jobsHash({ state, reason: reasonCode }),
        jobs,
      })),
      'Nothing failed of late.',
    ),
  )
  refill(
    parts.standing,
    el(
      'div',
      {},
      barList(rowsOf(sample.byAttempt, 'Attempt '), 'No job is live.'),
      el('h2', {}, 'What live jobs wait for'),
      barList(rowsOf(sample.byWaitingFor), 'None waits for anything but its turn.'),
    ),
  )
}

function cardsOf(overview: Overview): HTMLElement[] {
  const { at, live, running, oldestLiveAt, endedByHour, sample } = overview
  const hour = endedByHour.at(-1)
  const card = (title: string, value: string, href?: string, tone?: string) =>
    el(
      'div',
      { class: tone ? `card ${tone}` : 'card' },
      el('dt', {}, title),
      el('dd', {}, href === undefined ? value : el('a', { href }, value)),
    )
  return [
    card('Waiting', count(live - running), jobsHash({ state: 'queued' })),
    card('Running', count(running), jobsHash({ state: 'processing' })),
    card('Oldest unfinished', oldestLiveAt === undefined ? 'none' : span(at - oldestLiveAt)),
    card('Completed this hour', count(hour?.completed ?? 0), jobsHash({ state: 'completed' })),
    card(
      'Partial this hour',
      count(hour?.partial_failure ?? 0),
      jobsHash({ state: 'partial_failure' }),
      hour?.partial_failure ? 'warn' : undefined,
    ),
    card(
      'Failed this hour',
      count(hour?.failed ?? 0),
      jobsHash({ state: 'failed' }),
      hour?.failed ? 'alarm' : undefined,
    ),
    card('Revivals of live jobs', count(sample.revivals)),
  ]
}

function rowsOf(counts: Readonly<Record<string, number>>, before = '') {
  return Object.entries(counts).map(([name, jobs]) => ({ title: `${before}${words(name)}`, jobs }))
}

function rangeSelect(onChange: (hours: number) => void): HTMLElement {
  const select = el(
    'select',
    { id: 'range' },
    RANGES.map((hours) =>
      el('option', { value: hours, selected: hours === FIRST_RANGE }, `${hours} h`),
    ),
  )
  select.addEventListener('change', () => onChange(Number(select.value)))
  return el('span', { class: 'range' }, el('label', { for: 'range' }, 'Last '), select)
}

function panel(title: string): HTMLElement {
  return el('section', { class: 'panel' }, el('h2', {}, title), el('div'))
}

/** Below its title. */
function refill(place: HTMLElement, content: HTMLElement): void {
  if (place.lastElementChild) fill(place.lastElementChild, content)
}
