import * as z from 'zod'

/** Why a token proves nothing. A closed set of words, safe to log and to count by. */
export type TokenFault =
  | 'no_token'
  | 'malformed'
  | 'unsigned'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_issuer'
  | 'wrong_audience'
  /** These two are said only of a token whose signature held: our clock or the minter's is off (F20). */
  | 'expired'
  | 'not_yet_valid'
  | 'wrong_account'
  | 'unverified_email'
  | 'not_configured'

/** Claims that every ID token is judged by; what a verifier wants besides, it adds. */
export const standardClaimsSchema = z.object({
  iss: z.unknown().optional(),
  /** An array is no audience of ours, even one that contains it. */
  aud: z.unknown().optional(),
  /** Epoch seconds, like every time in a token. */
  iat: z.int().positive(),
  exp: z.int().positive(),
})
export type StandardClaims = z.infer<typeof standardClaimsSchema>

/** What a token says, nothing of it proven. */
interface DecodedToken<Claims> {
  readonly kid: string
  readonly claims: Claims
}

/** Google's and Firebase's are 1-2 KiB. */
const MAX_TOKEN_LENGTH = 16 * 1_024
/** What Cloud Run puts in place of the signature when it has checked the token itself. */
const REMOVED_SIGNATURE = 'SIGNATURE_REMOVED_BY_GOOGLE'

const headerSchema = z.object({
  alg: z.string(),
  kid: z.string().min(1).max(256).optional(),
})

/** Reads the same bytes as the signature covers, and nothing that google-auth-library reads otherwise. */
export function decodeIdToken<Claims>(
  token: string,
  claimsSchema: z.ZodType<Claims>,
): DecodedToken<Claims> | { readonly fault: TokenFault } {
  if (token.length > MAX_TOKEN_LENGTH) return { fault: 'malformed' }
  const [head = '', body = '', signature, ...rest] = token.split('.')
  const header = readSegment(head, headerSchema)
  const claims = readSegment(body, claimsSchema)
  if (header === undefined || claims === undefined) return { fault: 'malformed' }
  if (signature === undefined || rest.length > 0) return { fault: 'malformed' }
  const unsigned = signature === '' || signature === REMOVED_SIGNATURE
  if (unsigned || header.alg.toLowerCase() === 'none') return { fault: 'unsigned' }
  // Any other algorithm would let the token choose how its signature is judged.
  if (header.alg !== 'RS256') return { fault: 'bad_signature' }
  if (!isBase64Url(signature)) return { fault: 'malformed' }
  return header.kid === undefined ? { fault: 'unknown_key' } : { kid: header.kid, claims }
}

function readSegment<Value>(segment: string, schema: z.ZodType<Value>): Value | undefined {
  if (!isBase64Url(segment)) return undefined
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(segment, 'base64url').toString('utf8')))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

function isBase64Url(segment: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(segment)
}
