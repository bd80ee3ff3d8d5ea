import { createHash, sign } from 'node:crypto'
import { loadSigningKeys, newSigningKey, type SigningKey, saveSigningKeys } from './signing-keys.ts'

interface IdentityClaims {
  readonly audience: string
  readonly email: string
  /** Default true. */
  readonly emailVerified?: boolean
  /** Default one hour; negative for a token that is already stale. */
  readonly expiresInSeconds?: number
  /** Laid over the usual claims; `undefined` removes one. */
  readonly extraClaims?: Readonly<Record<string, unknown>>
}

interface FirebaseClaims {
  readonly uid: string
  readonly projectId: string
  readonly expiresInSeconds?: number
  readonly extraClaims?: Readonly<Record<string, unknown>>
}

/** Mints what a verifier of Google or Firebase tokens accepts, given these keys. */
export interface TokenIssuer {
  readonly issuer: string
  /** A service account's OIDC token, as the queue attaches it at dispatch. */
  mint(claims: IdentityClaims): string
  /** An end user's Firebase ID token. */
  mintFirebase(claims: FirebaseClaims): string
  /** Key id to public PEM, the former keys included. */
  certs(): Record<string, string>
  /** From now on a new key signs; tokens of the former ones still verify. Returns its id. */
  rotate(): string
}

export interface TokenIssuerOptions {
  /** Keeps the keys over a restart; without it they are lost with the process. */
  readonly folder?: string
  readonly issuer?: string
  /** Epoch ms. */
  readonly now: () => number
}

const HOUR_SECONDS = 3_600

export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const issuer = options.issuer ?? 'https://accounts.google.com'
  let keys = loadSigningKeys(options.folder)

  const signed = (claims: Record<string, unknown>, expiresInSeconds = HOUR_SECONDS): string => {
    const iat = Math.floor(options.now() / 1_000)
    return signJwt(keys, { iat, exp: iat + expiresInSeconds, ...claims })
  }
  return {
    issuer,
    mint(claims) {
      const sub = accountNumber(claims.email)
      return signed(
        {
          iss: issuer,
          aud: claims.audience,
          azp: sub,
          sub,
          email: claims.email,
          email_verified: claims.emailVerified ?? true,
          ...claims.extraClaims,
        },
        claims.expiresInSeconds,
      )
    },
    mintFirebase(claims) {
      return signed(
        {
          iss: `https://securetoken.google.com/${claims.projectId}`,
          aud: claims.projectId,
          auth_time: Math.floor(options.now() / 1_000),
          user_id: claims.uid,
          sub: claims.uid,
          firebase: { identities: {}, sign_in_provider: 'custom' },
          ...claims.extraClaims,
        },
        claims.expiresInSeconds,
      )
    },
    certs: () => Object.fromEntries(keys.map((key) => [key.kid, key.publicPem])),
    rotate() {
      const key = newSigningKey()
      keys = [key, ...keys]
      saveSigningKeys(options.folder, keys)
      return key.kid
    },
  }
}

function signJwt(keys: readonly SigningKey[], claims: Record<string, unknown>): string {
  const key = keys[0]
  if (key === undefined) throw new Error('no signing key')
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const content = `${part({ alg: 'RS256', kid: key.kid, typ: 'JWT' })}.${part(claims)}`
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), key.privateKey).toString('base64url')}`
}

/** A service account's unique id: 21 digits, the same for the same address. */
function accountNumber(email: string): string {
  const digest = createHash('sha256').update(email).digest('hex')
  return `1${BigInt(`0x${digest.slice(0, 24)}`)
    .toString()
    .padStart(20, '0')
    .slice(-20)}`
}
