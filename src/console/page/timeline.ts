import type { JobEvent } from './answers.ts'
import { el } from './element.ts'
import { clock, span, words } from './format.ts'
import type { TimedEvent } from './job-phases.ts'
import { table } from './table.ts'

const MARKS: Readonly<Record<string, string>> = { l: 'landed', s: 'silent', f: 'failed' }
const OWN = new Set(['at', 'name'])

/** Every line of a job's life, oldest first, each with the time since the one before. */
export function eventList(events: readonly TimedEvent[]): HTMLElement {
  const rows = events.map(({ event, atMs }, index) => {
    const before = events[index - 1]
    const since = before ? `+${span(atMs - before.atMs)}` : ''
    return el(
      'tr',
      { class: toneOf(event) },
      el('td', {}, el('time', { datetime: event.at }, clock(atMs))),
      el('td', { class: 'number' }, since),
      el('th', { scope: 'row' }, titleOf(event)),
      el('td', { class: 'event-facts' }, factsOf(event)),
    )
  })
  return table('Events, oldest first', ['At', 'After', 'Event', 'Facts'], rows)
}

function titleOf(event: JobEvent): string {
  if (event['after_death'] === '1') return 'claimed, after a death'
  return words(event.name)
}

function toneOf(event: JobEvent): string | undefined {
  if (event['after_death'] === '1' || event.name === 'override') return 'alarm'
  if (event.name === 'operator') return 'by-hand'
  return event.name === 'finalized' ? 'end' : undefined
}

function factsOf(event: JobEvent): HTMLElement[] {
  return Object.entries(event)
    .filter(([name, value]) => !OWN.has(name) && value !== '' && name !== 'after_death')
    .map(([name, value]) => {
      const text = name === 'marks' ? marksOf(value) : value
      return el('span', { class: 'fact' }, el('b', {}, words(name)), ` ${text}`)
    })
}

/** Segment ids are hashes of forty digits; their heads tell them apart. */
function marksOf(value: string): string {
  return value.replaceAll(
    /([0-9a-f]{8})[0-9a-f]{32}=(\w)(\S*)/g,
    (_, id: string, mark: string, more: string) => `${id} ${MARKS[mark] ?? mark}${more}`,
  )
}
