import type { CallerVerdict, Clock, TaskCallerVerifier } from '../../ports/index.ts'
import type { CertificateCache } from './certificate-cache.ts'
import { accountClaimsSchema, GOOGLE_ISSUERS } from './google-account.ts'
import type { TokenFault } from './id-token.ts'
import { createIdTokenVerifier } from './id-token-verifier.ts'

export interface TaskCallerVerifierOptions {
  /** What the queue's tokens are minted for. Empty or undefined: everything is rejected (I10). */
  readonly audience: string | undefined
  /** Address of the one service account that may call. Empty or undefined: the same. */
  readonly invokerEmail: string | undefined
  /** Keys of Google's OIDC tokens. */
  readonly certificates: CertificateCache
  /** Besides Google's two spellings; a local issuer's. */
  readonly extraIssuers?: readonly string[]
  readonly clock: Clock
}

/**
 * Proves the queue's (or the scheduler's) service account by its OIDC token. Any Google account can
 * have a token minted for any audience, so the account is demanded too, which the library never does.
 * A service whose ingress strips signatures is refused, not believed: the marker can be written by anyone.
 */
export function createTaskCallerVerifier(options: TaskCallerVerifierOptions): TaskCallerVerifier {
  const { audience, invokerEmail, extraIssuers = [] } = options
  const verifier = createIdTokenVerifier(options)
  const issuers = [...GOOGLE_ISSUERS, ...extraIssuers]
  return {
    async verifyCaller(authorization) {
      if (!audience || !invokerEmail) return rejected('not_configured')
      const rules = { claimsSchema: accountClaimsSchema, audience, issuers }
      const verdict = await verifier.verify(authorization, rules)
      if (verdict.kind !== 'verified') return verdict
      if (verdict.claims.email !== invokerEmail) return rejected('wrong_account')
      if (verdict.claims.email_verified !== true) return rejected('unverified_email')
      return { kind: 'invoker', email: invokerEmail }
    },
  }
}

function rejected(reason: TokenFault): CallerVerdict {
  return { kind: 'rejected', reason }
}
