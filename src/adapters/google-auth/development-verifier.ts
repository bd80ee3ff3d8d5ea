import { uidSchema } from '../../kernel/index.ts'
import type { OperatorVerifier, UserVerifier } from '../../ports/index.ts'
import { readBearerToken } from './bearer-token.ts'

/**
 * Believes `Authorization: Bearer dev:<uid>` on its word and leaves every other header to `verifier`.
 * Anyone can be anybody: only the wiring of a local stack uses it.
 */
export function withDevelopmentIdentity(verifier: UserVerifier): UserVerifier {
  return {
    async verifyUser(authorization) {
      const claimed = claimedName(authorization)
      if (claimed === undefined) return verifier.verifyUser(authorization)
      return { kind: 'user', uid: uidSchema.parse(claimed) }
    },
  }
}

/** The same for operators: `dev:<name>` acts as `<name>@localhost`. */
export function withDevelopmentOperators(verifier: OperatorVerifier): OperatorVerifier {
  return {
    async verifyOperator(authorization) {
      const claimed = claimedName(authorization)
      if (claimed === undefined) return verifier.verifyOperator(authorization)
      return { kind: 'operator', email: `${claimed}@localhost` }
    },
  }
}

function claimedName(authorization: string | undefined): string | undefined {
  return /^dev:([\w.-]{1,128})$/.exec(readBearerToken(authorization) ?? '')?.[1]
}
