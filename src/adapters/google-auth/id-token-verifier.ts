import type { OAuth2Client } from 'google-auth-library'
import type * as z from 'zod'
import { DAY_MS, lazily, SECOND_MS } from '../../kernel/index.ts'
import type { Clock } from '../../ports/index.ts'
import { readBearerToken } from './bearer-token.ts'
import type { CertificateCache } from './certificate-cache.ts'
import { decodeIdToken, type StandardClaims, type TokenFault } from './id-token.ts'
import { createProvenSignatures } from './proven-signatures.ts'

type TokenVerdict<Claims> =
  | { readonly kind: 'verified'; readonly claims: Claims }
  | { readonly kind: 'rejected'; readonly reason: TokenFault }
  | { readonly kind: 'unavailable'; readonly reason: string }

interface TokenRules<Claims extends StandardClaims> {
  readonly claimsSchema: z.ZodType<Claims>
  /** The whole of `aud`, never part of it. */
  readonly audience: string
  readonly issuers: readonly string[]
}

export interface IdTokenVerifier {
  verify<Claims extends StandardClaims>(
    authorization: string | undefined,
    rules: TokenRules<Claims>,
  ): Promise<TokenVerdict<Claims>>
}

/** How far the minter's clock may be from ours, both ways; the library's own figure (F20). */
const CLOCK_SKEW_MS = 300 * SECOND_MS
/** Tokens live an hour; the library's bound for a lifetime nobody mints. */
const MAX_LIFETIME_MS = DAY_MS

/**
 * What the library says once the signature held. It judges times by the process clock, after the
 * signature and before issuer and audience; its complaint about times is no verdict here, since the
 * Clock port decides (and having stopped there it has not come to the audience, so that is compared
 * here again). All else it may say, in words not listed here, is a signature that did not hold.
 */
const COMPLAINTS_BEHIND_THE_SIGNATURE: readonly (readonly [string, TokenFault | undefined])[] = [
  ['Token used too late, ', undefined],
  ['Token used too early, ', undefined],
  ['Wrong recipient, ', 'wrong_audience'],
]

/** The vendor's code, ahead of the first token. */
export function loadTokenLibrary() {
  return import('./token-library.ts')
}

/**
 * Judges an ID token by signature (RS256), issuer, audience and time. The issuer comes first, since
 * it owns the keys; audience and times only behind the signature, so that their words can be trusted.
 */
export function createIdTokenVerifier(deps: {
  readonly certificates: CertificateCache
  readonly clock: Clock
}): IdTokenVerifier {
  const library = lazily(async () => new (await loadTokenLibrary()).OAuth2Client())
  const proven = createProvenSignatures()
  const signatureFault = async (
    token: string,
    { kid, pem }: { readonly kid: string; readonly pem: string },
    rules: { readonly audience: string; readonly issuers: readonly string[] },
  ) => {
    if (proven.has(token, pem)) return undefined
    const fault = await libraryFault(await library.ready(), token, { [kid]: pem }, rules)
    if (fault === undefined) proven.add(token, pem)
    return fault
  }
  return {
    async verify(authorization, rules) {
      const token = readBearerToken(authorization)
      if (token === undefined) return rejected('no_token')
      const decoded = decodeIdToken(token, rules.claimsSchema)
      if ('fault' in decoded) return rejected(decoded.fault)
      const { kid, claims } = decoded
      if (!rules.issuers.some((issuer) => issuer === claims.iss)) return rejected('wrong_issuer')
      const found = await deps.certificates.find(kid)
      if (found.kind === 'unreachable') return { kind: 'unavailable', reason: found.reason }
      if (found.kind === 'unknown_kid') return rejected('unknown_key')
      const fault =
        (await signatureFault(token, { kid, pem: found.pem }, rules)) ??
        (claims.aud === rules.audience ? undefined : 'wrong_audience') ??
        timeFault(claims, deps.clock.now())
      return fault === undefined ? { kind: 'verified', claims } : rejected(fault)
    },
  }
}

/** True for an instant (epoch seconds) ahead of `nowMs` by more than clocks may differ. */
export function isBeyondSkew(epochSeconds: number, nowMs: number): boolean {
  return epochSeconds * SECOND_MS > nowMs + CLOCK_SKEW_MS
}

async function libraryFault(
  library: OAuth2Client,
  token: string,
  pems: Record<string, string>,
  rules: { readonly audience: string; readonly issuers: readonly string[] },
): Promise<TokenFault | undefined> {
  try {
    // Its lifetime check also counts from the process clock: set aside, `timeFault` has its own.
    const noLimit = Number.MAX_SAFE_INTEGER
    const { audience, issuers } = rules
    await library.verifySignedJwtWithCertsAsync(token, pems, audience, [...issuers], noLimit)
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    const known = COMPLAINTS_BEHIND_THE_SIGNATURE.find(([prefix]) => message.startsWith(prefix))
    return known === undefined ? 'bad_signature' : known[1]
  }
}

function timeFault(claims: StandardClaims, nowMs: number): TokenFault | undefined {
  if (isBeyondSkew(claims.iat, nowMs)) return 'not_yet_valid'
  if (nowMs > claims.exp * SECOND_MS + CLOCK_SKEW_MS) return 'expired'
  return claims.exp * SECOND_MS >= nowMs + MAX_LIFETIME_MS ? 'malformed' : undefined
}

function rejected(reason: TokenFault): { readonly kind: 'rejected'; readonly reason: TokenFault } {
  return { kind: 'rejected', reason }
}
