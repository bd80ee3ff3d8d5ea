import { el } from './element.ts'
import { words } from './format.ts'

const MARKS: Readonly<Record<string, string>> = {
  queued: '◌',
  processing: '▶',
  completed: '✓',
  partial_failure: '◐',
  failed: '✕',
}

/** Colour is never all that tells one from another. */
export function statusBadge(status: string): HTMLElement {
  return el(
    'span',
    { class: `badge ${status}` },
    el('span', { 'aria-hidden': 'true' }, MARKS[status] ?? '·'),
    ` ${words(status)}`,
  )
}
