/**
 * Signing in by Google's own page, with no script of theirs in ours: we go there, and they send the
 * browser back with an identity token in the fragment, which no server sees.
 * https://developers.google.com/identity/openid-connect/openid-connect#authenticationuriparameters
 */
const AUTHORIZE = 'https://accounts.google.com/o/oauth2/v2/auth'
const CLIENT_ID = /^[\w-]+\.apps\.googleusercontent\.com$/
/** The client of the gcloud command line, which nobody else may send browsers back for. */
const GCLOUD_CLIENT_ID = '32555940559.apps.googleusercontent.com'
const KEPT = 'console-sign-in'

/** One sign-in under way; no secret, but proof that it was this tab that asked. */
interface Asked {
  readonly state: string
  readonly nonce: string
  /** Where in the page to go on. */
  readonly hash: string
}

export function canSignInWithGoogle(audience: string | null): audience is string {
  return audience !== null && CLIENT_ID.test(audience) && audience !== GCLOUD_CLIENT_ID
}

export function goToGoogle(clientId: string): void {
  const asked: Asked = {
    state: crypto.randomUUID(),
    nonce: crypto.randomUUID(),
    hash: location.hash.startsWith('#/') ? location.hash : '',
  }
  sessionStorage.setItem(KEPT, JSON.stringify(asked))
  const query = new URLSearchParams({
    response_type: 'id_token',
    scope: 'openid email',
    client_id: clientId,
    redirect_uri: `${location.origin}/console`,
    state: asked.state,
    nonce: asked.nonce,
  })
  location.assign(`${AUTHORIZE}?${query}`)
}

export type Returned =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'refused'; readonly problem: string }

/** What Google sent the browser back with, taken out of the address before anything else happens. */
export function takeReturnedToken(): Returned | undefined {
  const answer = new URLSearchParams(location.hash.replace(/^#/, ''))
  const token = answer.get('id_token')
  const error = answer.get('error')
  if (token === null && error === null) return undefined
  const asked = takeAsked()
  history.replaceState(null, '', `/console${asked?.hash ?? ''}`)
  if (token === null) return { kind: 'refused', problem: `Google answered: ${error}` }
  const isOurs = asked && answer.get('state') === asked.state && nonceOf(token) === asked.nonce
  return isOurs
    ? { kind: 'token', token }
    : { kind: 'refused', problem: 'This sign-in was not begun here. Begin it again.' }
}

function takeAsked(): Asked | undefined {
  const kept = sessionStorage.getItem(KEPT)
  sessionStorage.removeItem(KEPT)
  return kept === null ? undefined : (JSON.parse(kept) as Asked)
}

/** The server verifies the token; here it is only asked whose question it answers. */
function nonceOf(token: string): unknown {
  const [, payload = ''] = token.split('.')
  try {
    const { nonce } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as {
      nonce?: unknown
    }
    return nonce
  } catch {
    return undefined
  }
}
