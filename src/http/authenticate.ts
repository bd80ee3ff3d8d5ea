import type { Request } from 'express'
import { SECOND_MS, type Uid } from '../kernel/index.ts'
import type { OperatorVerifier, UserVerifier } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import { HttpError } from './errors.ts'

const RETRY_AFTER_MS = 30 * SECOND_MS

/**
 * Who asks. A bad token is 401, never 403, which clients read as "recording refused for good"; keys
 * that cannot be fetched prove nothing against the user and are 503.
 */
export async function authenticate(
  deps: { readonly users: UserVerifier; readonly events: Events },
  req: Request,
): Promise<Uid> {
  const verdict = await deps.users.verifyUser(req.headers.authorization)
  switch (verdict.kind) {
    case 'user':
      return verdict.uid
    case 'rejected':
      throw new HttpError(`the identity token was refused: ${verdict.reason}`, {
        status: 401,
        code: 'unauthenticated',
      })
    case 'unavailable':
      throw cannotCheck(deps.events, 'firebase', verdict.reason)
  }
}

/** Which operator asks, by address. 401 without a token, 403 for a token of nobody on the list. */
export async function authenticateOperator(
  deps: { readonly operators: OperatorVerifier; readonly events: Events },
  req: Request,
): Promise<string> {
  const verdict = await deps.operators.verifyOperator(req.headers.authorization)
  switch (verdict.kind) {
    case 'operator':
      return verdict.email
    case 'rejected':
      throw new HttpError(`the operator was refused: ${verdict.reason}`, {
        status: verdict.reason === 'no_token' ? 401 : 403,
        code: verdict.reason === 'no_token' ? 'unauthenticated' : 'forbidden',
      })
    case 'unavailable':
      throw cannotCheck(deps.events, 'operator', verdict.reason)
  }
}

function cannotCheck(events: Events, tokens: 'firebase' | 'operator', reason: string): HttpError {
  events.certificatesUnavailable({ tokens, reason })
  return new HttpError('identity tokens cannot be checked at the moment', {
    status: 503,
    code: 'identity_unavailable',
    retryAfterMs: RETRY_AFTER_MS,
  })
}
