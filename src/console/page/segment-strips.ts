import type { FileRow, SegmentRow } from './answers.ts'
import { instantOf, now } from './browser-clock.ts'
import { el, styled } from './element.ts'
import { bytes, clock, instant, shortId, span } from './format.ts'

const VERDICTS: Readonly<Record<SegmentRow['verdict'], string>> = {
  open: 'open',
  landed: 'landed',
  silent: 'silent',
  failed: 'failed',
}
/** All that is left of a file's name once its job is settled. */
const FILE_ID = /^[0-9a-f]{32,}$/
const PLANS: Readonly<Record<string, string>> = {
  unplanned: 'Not cut into segments yet.',
  silence: 'No speech in it.',
  undecodable: 'It could not be decoded.',
}

/** Each file along its own time, its speech where it lies, coloured by what became of it. */
export function fileStrips(files: readonly FileRow[]): HTMLElement[] {
  if (files.length === 0) {
    return [el('p', { class: 'empty' }, 'Its manifest is gone, and nothing of it landed.')]
  }
  return [legend(), el('div', { class: 'files' }, files.map(fileStrip))]
}

function legend(): HTMLElement {
  return el(
    'ul',
    { class: 'legend', 'aria-label': 'Colours' },
    Object.entries(VERDICTS).map(([verdict, title]) =>
      el('li', {}, el('i', { class: `segment ${verdict}`, 'aria-hidden': 'true' }), title),
    ),
  )
}

function fileStrip(file: FileRow): HTMLElement {
  const fromAt = instantOf(file.started_at)
  const { segments } = file
  const lastAt = Math.max(fromAt + 1_000, ...segments.map((each) => instantOf(each.finished_at)))
  const toAt = Math.max(lastAt, fromAt + (file.duration_ms ?? 0))
  const percent = (ms: number) => (ms / (toAt - fromAt)) * 100
  return el(
    'article',
    { class: 'file' },
    el('h3', {}, FILE_ID.test(file.name) ? `File ${shortId(file.name)}` : file.name),
    el(
      'p',
      { class: 'hint' },
      `From ${instant(fromAt, now())}`,
      file.duration_ms === undefined ? '' : `, ${span(file.duration_ms)} of audio`,
      file.size_bytes === undefined ? '. ' : `, ${bytes(file.size_bytes)}. `,
      PLANS[file.plan] ?? '',
    ),
    el(
      'div',
      { class: 'strip', 'aria-hidden': 'true' },
      segments.map((each) =>
        styled(el('div', { class: `segment ${each.verdict}`, title: describe(each) }), {
          left: `${percent(instantOf(each.started_at) - fromAt)}%`,
          width: `${percent(instantOf(each.finished_at) - instantOf(each.started_at))}%`,
        }),
      ),
    ),
    el(
      'ol',
      { class: 'segments' },
      segments.map((each) => el('li', { class: each.verdict }, describe(each))),
    ),
  )
}

function describe(segment: SegmentRow): string {
  const fromAt = instantOf(segment.started_at)
  const length = span(instantOf(segment.finished_at) - fromAt)
  const why = segment.reason_code ? `: ${segment.reason_code}` : ''
  return `${clock(fromAt)}, ${length}, ${VERDICTS[segment.verdict]}${why}`
}
