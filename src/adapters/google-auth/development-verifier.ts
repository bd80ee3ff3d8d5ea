import { uidSchema } from '../../kernel/index.ts'
import type { UserVerifier } from '../../ports/index.ts'
import { readBearerToken } from './bearer-token.ts'

/**
 * Believes `Authorization: Bearer dev:<uid>` on its word and leaves every other header to `verifier`.
 * Anyone can be anybody: only the wiring of a local stack uses it.
 */
export function withDevelopmentIdentity(verifier: UserVerifier): UserVerifier {
  return {
    async verifyUser(authorization) {
      const token = readBearerToken(authorization)
      const claimed = /^dev:([\w.-]{1,128})$/.exec(token ?? '')?.[1]
      if (claimed === undefined) return verifier.verifyUser(authorization)
      return { kind: 'user', uid: uidSchema.parse(claimed) }
    },
  }
}
