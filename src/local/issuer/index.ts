/**
 * Identity tokens as Google and Firebase mint them, for machines without either: RS256, a key id in
 * the header, public keys served as JSON by key id. The key lies in a folder, so that tokens and
 * caches outlive a restart. Anyone who can read that folder can be anybody: local use only.
 */
export { startIssuerServer } from './issuer-server.ts'
export { createTokenIssuer, type TokenIssuer } from './token-issuer.ts'
