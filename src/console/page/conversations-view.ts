import type { Conversation, ConversationPage } from './answers.ts'
import { instantOf, now } from './browser-clock.ts'
import { askReason } from './dialogs.ts'
import { el, fill, styled } from './element.ts'
import { clock, instant, span, words } from './format.ts'
import { say } from './say.ts'
import type { ViewContext } from './view-context.ts'

/** What a person said is read for a reason, and the reading is on the record. */
export async function openConversations(
  { api, signal }: ViewContext,
  jobId: string,
  place: HTMLElement,
): Promise<void> {
  const path = `/v2/admin/jobs/${encodeURIComponent(jobId)}/conversations`
  await askReason({
    title: 'Read this user’s conversations',
    text: 'This is what a person said. That you read it, and why, is logged with your address.',
    deed: 'Read',
    act: async (reason) => {
      const shown: Conversation[] = []
      const more = async (cursor: string | undefined) => {
        const page = await api.post<ConversationPage>(path, {
          reason,
          ...(cursor ? { cursor } : {}),
        })
        if (signal.aborted) return
        shown.push(...page.conversations)
        draw(place, shown, page.next_cursor, (next) => void more(next))
        say(`${shown.length} conversations`)
      }
      await more(undefined)
      return undefined
    },
  })
  place.querySelector<HTMLElement>('h2')?.focus()
}

function draw(
  place: HTMLElement,
  conversations: readonly Conversation[],
  next: string | undefined,
  more: (cursor: string) => void,
): void {
  place.hidden = false
  fill(
    place,
    el('h2', { tabindex: -1 }, 'Conversations of this user'),
    conversations.length === 0
      ? el('p', { class: 'empty' }, 'There are none.')
      : [axis(conversations), conversations.map(article)],
    next !== undefined &&
      el('button', { type: 'button', onclick: () => more(next) }, 'Older conversations'),
  )
}

/** All of them along one axis of time; the text of each is below. */
function axis(conversations: readonly Conversation[]): HTMLElement {
  const fromAt = Math.min(...conversations.map((each) => instantOf(each.started_at)))
  const toAt = Math.max(...conversations.map((each) => instantOf(each.finished_at)), fromAt + 1_000)
  const percent = (ms: number) => (ms / (toAt - fromAt)) * 100
  const ends = [fromAt, (fromAt + toAt) / 2, toAt]
  return el(
    'div',
    { 'aria-hidden': 'true' },
    el(
      'div',
      { class: 'strip' },
      conversations.map((each) => {
        const startMs = instantOf(each.started_at)
        return styled(el('div', { class: 'segment landed', title: titleOf(each) }), {
          left: `${percent(startMs - fromAt)}%`,
          width: `${percent(instantOf(each.finished_at) - startMs)}%`,
        })
      }),
    ),
    el(
      'div',
      { class: 'scale' },
      ends.map((at) => el('span', {}, instant(at, now()))),
    ),
  )
}

function article(conversation: Conversation): HTMLElement {
  const startMs = instantOf(conversation.started_at)
  const endMs = instantOf(conversation.finished_at)
  const place = [words(conversation.source), conversation.device].filter((text) => text !== '')
  return el(
    'article',
    { class: 'conversation' },
    el('h3', {}, titleOf(conversation)),
    el(
      'p',
      { class: 'hint' },
      el('time', { datetime: conversation.started_at }, instant(startMs, now())),
      `, ${span(endMs - startMs)}${place.length > 0 ? `, ${place.join(', ')}` : ''}`,
    ),
    conversation.overview !== undefined && el('p', {}, conversation.overview),
    conversation.locked
      ? el('p', { class: 'hint' }, 'Locked: recorded without credits. Its text is withheld.')
      : el(
          'ol',
          { class: 'said' },
          conversation.segments.map((segment) =>
            el(
              'li',
              {},
              el('time', { datetime: segment.started_at }, clock(instantOf(segment.started_at))),
              el('span', {}, segment.text || '(no words)'),
            ),
          ),
        ),
  )
}

function titleOf(conversation: Conversation): string {
  return conversation.title ?? (conversation.locked ? 'Locked conversation' : 'Conversation')
}
