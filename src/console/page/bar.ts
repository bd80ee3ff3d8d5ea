import type { Session } from './answers.ts'
import type { Api } from './api.ts'
import { askReason } from './dialogs.ts'
import { el, fill } from './element.ts'
import { goTo } from './go-to.ts'
import { jobsHash, type Route, searchHash } from './routes.ts'
import { say } from './say.ts'

interface BarOptions {
  readonly api: Api
  readonly session: Session
  readonly route: Route
  readonly signOut: () => void
}

/** What is there whatever is shown: places, search, a recovery pass, who one is. */
export function renderBar(bar: HTMLElement, { api, session, route, signOut }: BarOptions): void {
  const place = (title: string, hash: string, isHere: boolean) =>
    el('a', { href: hash, 'aria-current': isHere ? 'page' : undefined }, title)
  const { service, operator } = session
  fill(
    bar,
    el('p', { class: 'brand' }, service ?? 'sync-dispatcher'),
    el(
      'nav',
      { 'aria-label': 'Places' },
      place('Overview', '#/', route.view === 'overview'),
      place('Jobs', jobsHash(), route.view !== 'overview'),
    ),
    searchForm(),
    el('button', { type: 'button', onclick: () => reap(api) }, 'Reap now…'),
    el(
      'p',
      { class: 'who' },
      el('span', {}, operator),
      el('button', { type: 'button', class: 'quiet', onclick: signOut }, 'Sign out'),
    ),
  )
}

function searchForm(): HTMLFormElement {
  const field = el('input', {
    id: 'search',
    type: 'search',
    placeholder: 'Job or user id',
    'aria-label': 'Find a job or a user by id',
    autocomplete: 'off',
    spellcheck: 'false',
  })
  return el(
    'form',
    {
      role: 'search',
      onsubmit: (event) => {
        event.preventDefault()
        goTo(searchHash(field.value))
      },
    },
    field,
    el('button', { class: 'quiet' }, 'Find'),
  )
}

function reap(api: Api): void {
  void askReason({
    title: 'Reap now',
    text: 'One recovery pass: every job whose next check is due is looked at. Safe at any time.',
    deed: 'Reap',
    act: async (reason) => {
      const counts = await api.post<Record<string, unknown>>('/v2/admin/reap', { reason })
      const told = Object.entries(counts)
        .filter(([, count]) => typeof count === 'number' && count > 0)
        .map(([name, count]) => `${count} ${name.replaceAll('_', ' ')}`)
      say(`Recovery pass done: ${told.join(', ') || 'nothing was due'}`)
      return `Pass done: ${told.join(', ') || 'nothing was due'}.`
    },
  })
}
