import type { Overview } from './answers.ts'
import { el } from './element.ts'
import { count, span } from './format.ts'
import { table } from './table.ts'

const STAGES = ['staged', 'decoding', 'vad', 'transcribing', 'finalizing']
const COLUMNS = ['Stage', 'At work', 'Median', '95 % within']

/** Where jobs at work stand, and how long ended ones took there. */
export function stageTable(
  working: Overview['working'],
  times: Overview['stageTimes'],
): HTMLElement {
  const rows = STAGES.filter((stage) => working.byStage[stage] || times[stage]).map((stage) => {
    const time = times[stage]
    return el(
      'tr',
      {},
      el('th', { scope: 'row' }, stage),
      el('td', { class: 'number' }, count(working.byStage[stage] ?? 0)),
      el('td', { class: 'number' }, time ? span(time.medianMs) : '–'),
      el('td', { class: 'number' }, time ? span(time.p95Ms) : '–'),
    )
  })
  if (rows.length === 0) return el('p', { class: 'empty' }, 'No job has run yet.')
  return table('Stages', COLUMNS, rows)
}
