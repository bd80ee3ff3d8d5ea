import { el, styled } from './element.ts'
import { count } from './format.ts'

interface BarRow {
  readonly title: string
  readonly jobs: number
  readonly href?: string
}

/** Names with their counts, and bars to compare them by. */
export function barList(rows: readonly BarRow[], empty: string): HTMLElement {
  if (rows.length === 0) return el('p', { class: 'empty' }, empty)
  const most = Math.max(...rows.map(({ jobs }) => jobs))
  return el(
    'ul',
    { class: 'bars' },
    rows.map(({ title, jobs, href }) =>
      el(
        'li',
        {},
        el('span', {}, href === undefined ? title : el('a', { href }, title)),
        el('span', { class: 'number' }, count(jobs)),
        styled(el('i', { 'aria-hidden': 'true' }), { width: `${(jobs / most) * 100}%` }),
      ),
    ),
  )
}
