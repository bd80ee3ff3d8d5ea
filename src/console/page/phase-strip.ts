import { el, styled } from './element.ts'
import { clock, span } from './format.ts'
import type { Phase } from './job-phases.ts'

const ENDS: Readonly<Record<Phase['end'], string>> = {
  open: 'still',
  claimed: 'until claimed',
  released: 'given back',
  died: 'its worker died',
  overridden: 'overridden',
  ended: 'to the end',
}
/** A phase too short to see is drawn this wide, in percent. */
const LEAST_PERCENT = 0.6

/** Waits and attempts along the job's time, and the same as a list for those who read. */
export function phaseStrip(phases: readonly Phase[]): HTMLElement[] {
  const [first] = phases
  const last = phases.at(-1)
  if (!first || !last) return [el('p', { class: 'empty' }, 'Nothing has happened yet.')]
  const total = Math.max(1, last.toAt - first.fromAt)
  const percent = (ms: number) => (ms / total) * 100
  const bars = phases.map((phase) =>
    styled(
      el(
        'div',
        { class: `phase ${phase.kind} ${phase.end}`, title: describe(phase) },
        label(phase),
      ),
      {
        left: `${percent(phase.fromAt - first.fromAt)}%`,
        width: `${Math.max(LEAST_PERCENT, percent(phase.toAt - phase.fromAt))}%`,
      },
    ),
  )
  return [
    el('div', { class: 'lane', 'aria-hidden': 'true' }, bars),
    el(
      'div',
      { class: 'scale', 'aria-hidden': 'true' },
      [0, 0.25, 0.5, 0.75, 1].map((share) => el('span', {}, span(total * share))),
    ),
    el(
      'ol',
      { class: 'phases' },
      phases.map((phase) => el('li', { class: phase.end }, describe(phase))),
    ),
  ]
}

function label(phase: Phase): string {
  return phase.kind === 'running' ? `#${phase.attempt}` : ''
}

function describe(phase: Phase): string {
  const what = phase.kind === 'running' ? `Attempt ${phase.attempt}` : 'Waited'
  const why = phase.reason ? ` (${phase.reason})` : ''
  const end = phase.kind === 'waiting' && phase.end === 'claimed' ? '' : `, ${ENDS[phase.end]}`
  return `${what} from ${clock(phase.fromAt)} for ${span(phase.toAt - phase.fromAt)}${end}${why}`
}
