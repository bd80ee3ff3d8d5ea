import { el, fill } from './element.ts'
import { canSignInWithGoogle, goToGoogle } from './google-sign-in.ts'
import { say } from './say.ts'

export interface SignInFacts {
  readonly audience: string | null
  readonly is_local: boolean
}

interface SignInOptions {
  readonly facts: SignInFacts
  readonly problem: string | undefined
  readonly onToken: (token: string) => Promise<void>
}

/** What is typed here is held in memory until the tab closes or reloads; the page keeps nothing. */
export function signInView(main: HTMLElement, options: SignInOptions): void {
  const { facts, problem } = options
  fill(
    main,
    el(
      'section',
      { class: 'sign-in', 'aria-labelledby': 'sign-in' },
      el('h1', { id: 'sign-in', tabindex: -1 }, 'Sign in'),
      el('p', {}, 'For operators. Every action is logged with your address and your reason.'),
      problem !== undefined && el('p', { class: 'problem', role: 'alert' }, problem),
      facts.is_local && localForm(options),
      canSignInWithGoogle(facts.audience) && googleButton(facts.audience),
      facts.audience !== null && tokenForm(options, facts.audience),
    ),
  )
  say(problem ?? 'Sign in')
  main.querySelector<HTMLElement>('input, button, textarea')?.focus()
}

function localForm({ onToken }: SignInOptions): HTMLFormElement {
  const name = el('input', {
    id: 'name',
    name: 'name',
    value: 'operator',
    required: true,
    pattern: '[\\w.\\-]{1,128}',
    autocomplete: 'username',
    autocapitalize: 'off',
  })
  return form(
    [
      el('label', { for: 'name' }, 'Your name'),
      name,
      el('p', { class: 'hint' }, 'A local stack takes your word for it.'),
      el('button', { class: 'primary' }, 'Sign in'),
    ],
    () => onToken(`dev:${name.value}`),
  )
}

function googleButton(clientId: string): HTMLElement {
  const go = () => goToGoogle(clientId)
  return el('button', { class: 'primary', type: 'button', onclick: go }, 'Sign in with Google')
}

function tokenForm({ onToken }: SignInOptions, audience: string): HTMLFormElement {
  const token = el('input', {
    id: 'token',
    name: 'token',
    type: 'password',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'token-hint',
  })
  return form(
    [
      el('label', { for: 'token' }, 'Identity token'),
      token,
      el(
        'p',
        { class: 'hint', id: 'token-hint' },
        'Of ',
        el('code', {}, 'gcloud auth print-identity-token'),
        ', minted for ',
        el('code', {}, audience),
        '. Held in memory only.',
      ),
      el('button', {}, 'Sign in with this token'),
    ],
    () => onToken(token.value.trim()),
  )
}

function form(
  children: readonly (HTMLElement | string)[],
  onSubmit: () => Promise<void>,
): HTMLFormElement {
  return el(
    'form',
    {
      class: 'stack',
      onsubmit: (event) => {
        event.preventDefault()
        void onSubmit()
      },
    },
    children,
  )
}
