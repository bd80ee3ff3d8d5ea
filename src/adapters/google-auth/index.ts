/**
 * Who calls, proven by a signed token: the invoker of the task endpoints (Google OIDC) and the end
 * user (Firebase). google-auth-library judges signature, issuer and audience; the certificates it
 * judges by come from a cache that outlives an outage of their endpoint, and time is our Clock's.
 *
 * What is authoritative: the certificate endpoint, for at most the span it grants (max-age), or 24 h
 * since it last answered while it does not answer. `rejected` is said of a token, `unavailable` only
 * when keys could not be had: an outage never reads as a bad token, nor a bad token as an outage (F19).
 *
 * No verdict carries anything out of a token but the proven identity. The library's own messages
 * quote the token whole; they are read here and go no further.
 */
export { createCertificateCache } from './certificate-cache.ts'
export { withDevelopmentIdentity, withDevelopmentOperators } from './development-verifier.ts'
export { loadTokenLibrary } from './id-token-verifier.ts'
export { createCertificateInspector } from './inspect-certificates.ts'
export { createOperatorVerifier } from './operator-verifier.ts'
export { createTaskCallerVerifier } from './task-caller-verifier.ts'
export { createUserVerifier } from './user-verifier.ts'
