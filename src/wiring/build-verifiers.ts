import {
  createCertificateCache,
  createOperatorVerifier,
  createTaskCallerVerifier,
  createUserVerifier,
  loadTokenLibrary,
  withDevelopmentIdentity,
  withDevelopmentOperators,
} from '../adapters/google-auth/index.ts'
import type { Config } from '../config/index.ts'
import type { Clock } from '../ports/index.ts'

/** Who is believed to be whom: users, the queue's account, operators. */
export function buildVerifiers(config: Config, clock: Clock) {
  const { oidc, firebase, devIdentity, certsTimeoutMs } = config.identity
  const certificates = (url: string) =>
    createCertificateCache({ url, clock, timeoutMs: certsTimeoutMs })
  const users = createUserVerifier({
    projectId: firebase.projectId,
    certificates: certificates(firebase.certsUrl),
    extraIssuers: firebase.extraIssuers,
    clock,
  })
  const google = certificates(oidc.certsUrl)
  const operators = createOperatorVerifier({
    ...config.identity.operators,
    certificates: google,
    extraIssuers: oidc.extraIssuers,
    clock,
  })
  return {
    warmVerifiers: loadTokenLibrary,
    users: devIdentity ? withDevelopmentIdentity(users) : users,
    operators: devIdentity ? withDevelopmentOperators(operators) : operators,
    callers: createTaskCallerVerifier({
      audience: oidc.audience,
      invokerEmail: oidc.invokerEmail,
      certificates: google,
      extraIssuers: oidc.extraIssuers,
      clock,
    }),
  }
}
