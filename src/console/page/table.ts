import { type Child, el } from './element.ts'

/** A table that may be wider than its place: then it is scrolled, by keys as well. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly HTMLElement[],
): HTMLElement {
  const head: Child = columns.map((title) => el('th', { scope: 'col' }, title))
  return el(
    'div',
    { class: 'table', role: 'region', 'aria-label': caption, tabindex: 0 },
    el('table', {}, el('thead', {}, el('tr', {}, head)), el('tbody', {}, rows)),
  )
}
