import type { JobPage, JobRow } from './answers.ts'
import { messageOf } from './api.ts'
import { instantOf, now } from './browser-clock.ts'
import { el, fill } from './element.ts'
import { instant, shortId, span, words } from './format.ts'
import { goTo } from './go-to.ts'
import { jobHash, jobsHash } from './routes.ts'
import { say } from './say.ts'
import { statusBadge } from './status-badge.ts'
import { table } from './table.ts'
import type { ViewContext } from './view-context.ts'

const PAGE_SIZE = 50
const STATES = [
  ['live', 'Live: queued or processing'],
  ['queued', 'Queued'],
  ['processing', 'Processing'],
  ['completed', 'Completed'],
  ['partial_failure', 'Partial failure'],
  ['failed', 'Failed'],
] as const
const LANES = [
  ['', 'Any lane'],
  ['fresh', 'Fresh'],
  ['backfill', 'Backfill'],
] as const
const COLUMNS = ['Job', 'Status', 'Stage', 'Segments', 'Lane', 'Attempt', 'Accepted', 'Age', 'Why']

/** Jobs by state, newest first, a page at a time. The filters are the address. */
export function jobsView(
  { api, session, main, signal }: ViewContext,
  query: URLSearchParams,
): string {
  const place = el('div', {}, el('p', { class: 'hint' }, 'Loading …'))
  const pager = el('nav', { class: 'buttons', 'aria-label': 'Pages' })
  fill(
    main,
    el('h1', { tabindex: -1 }, 'Jobs'),
    filters(
      query,
      session.reasons.map(({ code }) => code),
    ),
    aboutUser(query),
    place,
    pager,
  )
  const load = async () => {
    const asked = new URLSearchParams(query)
    asked.set('limit', String(PAGE_SIZE))
    asked.delete('user')
    const user = query.get('user')
    try {
      // Servers log addresses: who somebody is does not belong in one.
      const headers: Record<string, string> = user ? { 'x-user-id': encodeURIComponent(user) } : {}
      const page = await api.get<JobPage>(`/v2/admin/jobs?${asked}`, headers)
      if (signal.aborted) return
      fill(place, jobsTable(page.jobs))
      fill(pager, pages(query, page.next_cursor))
      say(`${page.jobs.length} jobs`)
    } catch (error) {
      if (!signal.aborted)
        fill(place, el('p', { class: 'problem', role: 'alert' }, messageOf(error)))
    }
  }
  void load()
  return 'Jobs'
}

function filters(query: URLSearchParams, reasons: readonly string[]): HTMLElement {
  const chosen = (name: string) => query.get(name) ?? ''
  const select = (name: string, title: string, options: readonly (readonly [string, string])[]) => [
    el('label', { for: name }, title),
    el(
      'select',
      { id: name, name },
      options.map(([value, text]) =>
        el('option', { value, selected: value === chosen(name) }, text),
      ),
    ),
  ]
  const form = el(
    'form',
    { class: 'filters', 'aria-label': 'Filters' },
    el('div', {}, select('state', 'State', STATES)),
    el('div', {}, select('lane', 'Lane', LANES)),
    el(
      'div',
      {},
      select('reason', 'Reason', [
        ['', 'Any reason'],
        ...reasons.map((code) => [code, code] as const),
      ]),
    ),
    el(
      'div',
      {},
      el('label', { for: 'user' }, 'User id'),
      el('input', { id: 'user', name: 'user', value: chosen('user'), autocomplete: 'off' }),
    ),
    el('button', { class: 'primary' }, 'Show'),
  )
  const apply = () => {
    const wanted = new URLSearchParams()
    for (const name of ['state', 'lane', 'reason', 'user'] as const) {
      const field = form.elements.namedItem(name)
      const value = field instanceof HTMLSelectElement || field instanceof HTMLInputElement
      const text = value ? field.value.trim() : ''
      if (text !== '' && !(name === 'state' && text === 'live')) wanted.set(name, text)
    }
    goTo(jobsHash(wanted))
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    apply()
  })
  return form
}

function aboutUser(query: URLSearchParams): HTMLElement | undefined {
  const jobId = query.get('user_of')
  if (jobId === null) return undefined
  return el('p', {}, 'Of the user of job ', el('a', { href: jobHash(jobId) }, shortId(jobId)), '.')
}

function jobsTable(jobs: readonly JobRow[]): HTMLElement {
  if (jobs.length === 0) return el('p', { class: 'empty' }, 'No such jobs.')
  return table('Jobs, newest first', COLUMNS, jobs.map(jobRow))
}

function jobRow(job: JobRow): HTMLElement {
  const at = instantOf(job.created_at)
  const { successful, silent, failed, total } = job.segments
  return el(
    'tr',
    {},
    el(
      'th',
      { scope: 'row' },
      el('a', { href: jobHash(job.job_id), title: job.job_id }, shortId(job.job_id)),
    ),
    el('td', {}, statusBadge(job.status)),
    el('td', {}, job.stage),
    el(
      'td',
      { class: 'number' },
      total === 0 ? '–' : `${successful + silent}/${total}`,
      failed > 0 && el('span', { class: 'bad' }, ` ${failed} failed`),
    ),
    el('td', {}, job.lane),
    el('td', { class: 'number' }, job.attempt, job.revivals > 0 && ` (${job.revivals} revived)`),
    el('td', {}, el('time', { datetime: job.created_at }, instant(at, now()))),
    el('td', {}, span(now() - at)),
    el('td', {}, job.reason_code ?? (job.waiting_for ? `waits for ${words(job.waiting_for)}` : '')),
  )
}

/** Back is the browser's: every page has its address. */
function pages(query: URLSearchParams, next: string | undefined): HTMLElement[] {
  const links: HTMLElement[] = []
  if (query.has('cursor')) {
    const first = new URLSearchParams(query)
    first.delete('cursor')
    links.push(el('a', { href: jobsHash(first), class: 'button' }, 'Newest'))
  }
  if (next !== undefined) {
    const older = new URLSearchParams(query)
    older.set('cursor', next)
    links.push(el('a', { href: jobsHash(older), class: 'button' }, 'Older'))
  }
  return links
}
