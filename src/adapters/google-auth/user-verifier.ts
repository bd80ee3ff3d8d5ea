import * as z from 'zod'
import { uidSchema } from '../../kernel/index.ts'
import type { Clock, UserVerdict, UserVerifier } from '../../ports/index.ts'
import type { CertificateCache } from './certificate-cache.ts'
import { standardClaimsSchema, type TokenFault } from './id-token.ts'
import { createIdTokenVerifier, isBeyondSkew } from './id-token-verifier.ts'

export interface UserVerifierOptions {
  /** The Firebase project: audience and end of the issuer. Empty or undefined: all are rejected. */
  readonly projectId: string | undefined
  /** Keys of the secure token service. */
  readonly certificates: CertificateCache
  /** Besides the project's own; a local issuer's. */
  readonly extraIssuers?: readonly string[]
  readonly clock: Clock
}

const userClaimsSchema = standardClaimsSchema.extend({
  sub: uidSchema,
  /** When the user signed in, epoch seconds. */
  auth_time: z.int(),
})

/** Proves an end user by a Firebase ID token, after the rules Firebase gives for third-party libraries. */
export function createUserVerifier(options: UserVerifierOptions): UserVerifier {
  const { projectId, extraIssuers = [], clock } = options
  const verifier = createIdTokenVerifier(options)
  const issuers = [`https://securetoken.google.com/${projectId}`, ...extraIssuers]
  return {
    async verifyUser(authorization) {
      if (!projectId) return rejected('not_configured')
      const rules = { claimsSchema: userClaimsSchema, audience: projectId, issuers }
      const verdict = await verifier.verify(authorization, rules)
      if (verdict.kind !== 'verified') return verdict
      const { sub, auth_time: signedInAt } = verdict.claims
      if (isBeyondSkew(signedInAt, clock.now())) return rejected('not_yet_valid')
      return { kind: 'user', uid: sub }
    },
  }
}

function rejected(reason: TokenFault): UserVerdict {
  return { kind: 'rejected', reason }
}
