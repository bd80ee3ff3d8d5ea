import type { Clock, OperatorVerdict, OperatorVerifier } from '../../ports/index.ts'
import type { CertificateCache } from './certificate-cache.ts'
import { accountClaimsSchema, GOOGLE_ISSUERS } from './google-account.ts'
import { createIdTokenVerifier } from './id-token-verifier.ts'

export interface OperatorVerifierOptions {
  /** What operators' tokens are minted for. Empty or undefined: everything is rejected (I10). */
  readonly audience: string | undefined
  /** Who may act. Empty: nobody. */
  readonly emails: readonly string[]
  readonly certificates: CertificateCache
  readonly extraIssuers?: readonly string[]
  readonly clock: Clock
}

/** Proves a person on the list by a Google OIDC token; addresses are compared without case. */
export function createOperatorVerifier(options: OperatorVerifierOptions): OperatorVerifier {
  const { audience, extraIssuers = [] } = options
  const verifier = createIdTokenVerifier(options)
  const issuers = [...GOOGLE_ISSUERS, ...extraIssuers]
  const emails = new Set(options.emails.map((email) => email.toLowerCase()))
  return {
    async verifyOperator(authorization) {
      if (!audience || emails.size === 0) return rejected('not_configured')
      const rules = { claimsSchema: accountClaimsSchema, audience, issuers }
      const verdict = await verifier.verify(authorization, rules)
      if (verdict.kind !== 'verified') return verdict
      const { email, email_verified: isVerified } = verdict.claims
      if (typeof email !== 'string' || !emails.has(email.toLowerCase())) {
        return rejected('wrong_account')
      }
      return isVerified === true ? { kind: 'operator', email } : rejected('unverified_email')
    },
  }
}

function rejected(reason: string): OperatorVerdict {
  return { kind: 'rejected', reason }
}
