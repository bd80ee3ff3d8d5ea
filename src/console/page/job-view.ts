import type { JobSheet } from './answers.ts'
import { ApiError, messageOf } from './api.ts'
import { instantOf, now, repeat } from './browser-clock.ts'
import { openConversations } from './conversations-view.ts'
import { el, fill } from './element.ts'
import { instant, shortId, span, words } from './format.ts'
import { actionButtons } from './job-actions.ts'
import { phasesOf } from './job-phases.ts'
import { logsUrl } from './logs-url.ts'
import { phaseStrip } from './phase-strip.ts'
import { jobsHash } from './routes.ts'
import { say } from './say.ts'
import { fileStrips } from './segment-strips.ts'
import { statusBadge } from './status-badge.ts'
import { eventList } from './timeline.ts'
import type { ViewContext } from './view-context.ts'

const LOOK_AGAIN_MS = 2_000

/** Everything known of one job; looked at again while it lives. */
export function jobView(context: ViewContext, jobId: string): string {
  const { api, main } = context
  const parts = partsOf(context, jobId)
  fill(
    main,
    el('h1', { tabindex: -1 }, 'Job ', el('code', { class: 'id' }, jobId)),
    parts.summary,
    parts.actions,
    section('Runs', parts.runs),
    section('Files and segments', parts.files),
    section('Timeline', parts.timeline),
    parts.conversations,
  )
  const live = AbortSignal.any([context.signal, parts.ended.signal])
  let shown = ''
  repeat(
    async () => {
      try {
        const sheet = await api.get<JobSheet>(`/v2/admin/jobs/${encodeURIComponent(jobId)}`)
        if (context.signal.aborted) return
        const text = JSON.stringify(sheet)
        // What has not changed is left alone: whoever reads it keeps their place.
        if (text !== shown || isLive(sheet)) drawSheet(context, parts, sheet)
        if (shown !== '' && text !== shown) say(`${words(sheet.status)}, ${sheet.stage}`)
        shown = text
      } catch (error) {
        if (context.signal.aborted) return
        fill(parts.summary, el('p', { class: 'problem', role: 'alert' }, messageOf(error)))
        if (error instanceof ApiError && error.status === 404) parts.ended.abort()
      }
    },
    LOOK_AGAIN_MS,
    live,
  )
  return `Job ${shortId(jobId)}`
}

type Parts = ReturnType<typeof partsOf>

function partsOf(context: ViewContext, jobId: string) {
  const { project_id: projectId } = context.session
  const conversations = el('section', { class: 'conversations', hidden: true })
  const logs = el('a', { class: 'button', target: '_blank', rel: 'noreferrer' }, 'Logs')
  const read = () => void openConversations(context, jobId, conversations)
  const buttons = actionButtons(context.api, jobId)
  return {
    summary: el('div', { class: 'summary' }, el('p', { class: 'hint' }, 'Loading …')),
    actions: el(
      'div',
      { class: 'buttons', role: 'group', 'aria-label': 'Actions' },
      buttons.all,
      el('a', { class: 'button', href: jobsHash({ user_of: jobId }) }, 'Jobs of this user'),
      el('button', { type: 'button', onclick: read }, 'Conversations of this user…'),
      projectId !== undefined && logs,
    ),
    runs: el('div'),
    files: el('div'),
    timeline: el('div'),
    conversations,
    ended: new AbortController(),
    setActable: buttons.setActable,
    setLogs: (from: string) => {
      if (projectId !== undefined) logs.href = logsUrl(projectId, jobId, from)
    },
  }
}

function drawSheet({ session }: ViewContext, parts: Parts, sheet: JobSheet): void {
  const events = sheet.events.map((event) => ({ event, atMs: instantOf(event.at) }))
  const meanings = new Map(session.reasons.map(({ code, meaning }) => [code, meaning]))
  fill(parts.summary, summaryOf(sheet, meanings))
  fill(parts.runs, phaseStrip(phasesOf(events, now())))
  fill(parts.files, fileStrips(sheet.files))
  fill(parts.timeline, eventList(events))
  parts.setActable(isLive(sheet))
  parts.setLogs(sheet.created_at)
  if (!isLive(sheet) && !['pending', 'running'].includes(sheet.enrichment)) parts.ended.abort()
}

function isLive({ status }: JobSheet): boolean {
  return status === 'queued' || status === 'processing'
}

function section(title: string, ...children: readonly HTMLElement[]): HTMLElement {
  return el('section', {}, el('h2', {}, title), children)
}

function summaryOf(sheet: JobSheet, meanings: ReadonlyMap<string, string>): HTMLElement[] {
  const when = (iso: string) => el('time', { datetime: iso }, instant(instantOf(iso), now()))
  const { total, successful, silent, failed } = sheet.segments
  const until = sheet.ended_at ? instantOf(sheet.ended_at) : now()
  const lease = sheet.lease_until && instantOf(sheet.lease_until) - now()
  const reason = sheet.reason_code
  const facts: (readonly [string, HTMLElement | string | undefined])[] = [
    ['Status', statusBadge(sheet.status)],
    ['Stage', sheet.stage],
    ['Reason', reason && `${reason}: ${meanings.get(reason) ?? ''}`],
    ['Waits for', sheet.waiting_for && words(sheet.waiting_for)],
    ['Tries again', sheet.retry_at && when(sheet.retry_at)],
    [
      'Lease',
      typeof lease === 'number'
        ? lease > 0
          ? `${span(lease)} left`
          : `lapsed ${span(-lease)} ago: its worker is gone`
        : undefined,
    ],
    ['Segments', `${successful} landed, ${silent} silent, ${failed} failed, of ${total}`],
    ['Files', String(sheet.total_files)],
    ['Accepted', when(sheet.created_at)],
    ['Ended', sheet.ended_at && when(sheet.ended_at)],
    [sheet.ended_at ? 'Took' : 'Age', span(until - instantOf(sheet.created_at))],
    ['Progress', sheet.ended_at ? undefined : when(sheet.progress_at)],
    ['Captured', when(sheet.captured_at)],
    ['Lane', `${sheet.lane}, ${words(sheet.dispatch_mode)}${sheet.byok ? ', own key' : ''}`],
    ['Attempt', `${sheet.attempt}, epoch ${sheet.epoch}`],
    ['Generation', `${sheet.generation}, ${sheet.revivals} revivals`],
    ['Task', sheet.task],
    [
      'Durable',
      `manifest ${sheet.has_manifest ? 'there' : 'gone'}, outcome ${sheet.has_outcome ? 'there' : 'none'}`,
    ],
    ['Summaries', sheet.enrichment],
    ['User', el('code', {}, sheet.user)],
  ]
  const rows = facts.flatMap(([title, value]) =>
    value ? [el('div', {}, el('dt', {}, title), el('dd', {}, value))] : [],
  )
  const errors = sheet.errors ?? (sheet.last_error ? [sheet.last_error] : [])
  return [
    el('dl', { class: 'facts' }, rows),
    ...(errors.length > 0
      ? [
          el(
            'ul',
            { class: 'errors', 'aria-label': 'Errors' },
            errors.map((e) => el('li', {}, e)),
          ),
        ]
      : []),
  ]
}
