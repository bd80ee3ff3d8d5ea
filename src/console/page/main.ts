import type { Session } from './answers.ts'
import { type Api, type ApiError, createApi, messageOf } from './api.ts'
import { renderBar } from './bar.ts'
import { el, fill } from './element.ts'
import { takeReturnedToken } from './google-sign-in.ts'
import { jobView } from './job-view.ts'
import { jobsView } from './jobs-view.ts'
import { overviewView } from './overview-view.ts'
import { type Route, routeOf } from './routes.ts'
import { say } from './say.ts'
import { type SignInFacts, signInView } from './sign-in-view.ts'
import type { ViewContext } from './view-context.ts'

const main = byId('main')
const bar = byId('bar')
let shown = new AbortController()

async function start(): Promise<void> {
  const facts = (await (await fetch('/console/sign-in.json')).json()) as SignInFacts
  const returned = takeReturnedToken()
  if (returned?.kind === 'token') await enter(facts, returned.token)
  else showSignIn(facts, returned?.problem)
}

function showSignIn(facts: SignInFacts, problem?: string): void {
  shown.abort()
  window.onhashchange = null
  fill(bar, el('p', { class: 'brand' }, 'sync-dispatcher'))
  document.title = 'Sign in · sync-dispatcher console'
  signInView(main, { facts, problem, onToken: (token) => enter(facts, token) })
}

/** Resolves when the operator is in, or stands before the sign-in again. */
async function enter(facts: SignInFacts, token: string): Promise<void> {
  const leave = (problem?: string) => showSignIn(facts, problem)
  const api = createApi(token, (error: ApiError) => leave(error.message))
  try {
    const session = await api.get<Session>('/v2/admin/session')
    const showPlace = () => show(api, session, leave)
    window.onhashchange = showPlace
    showPlace()
  } catch (error) {
    leave(messageOf(error))
  }
}

function show(api: Api, session: Session, leave: () => void): void {
  const route = routeOf(location.hash)
  shown.abort()
  shown = new AbortController()
  renderBar(bar, { api, session, route, signOut: () => leave() })
  main.replaceChildren()
  const title = viewOf(route, { api, session, main, signal: shown.signal })
  document.title = `${title} · sync-dispatcher console`
  say(title)
  main.querySelector<HTMLElement>('h1')?.focus()
}

/** Draws the view; answers its title. */
function viewOf(route: Route, context: ViewContext): string {
  switch (route.view) {
    case 'overview':
      return overviewView(context)
    case 'jobs':
      return jobsView(context, route.query)
    case 'job':
      return jobView(context, route.jobId)
  }
}

function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found
}

void start()
