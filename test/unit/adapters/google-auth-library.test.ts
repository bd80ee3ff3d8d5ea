import { OAuth2Client } from 'google-auth-library'
import { describe, expect, it } from 'vitest'
import { mintToken, newTokenKey } from '../../support/certificate-server.ts'

/** What the adapter takes from the library's complaints; a new version that breaks it shows here. */
const [key, stranger] = [newTokenKey('kid'), newTokenKey('kid')]
const now = Math.floor(Date.now() / 1_000)
const good = { iss: 'issuer', aud: 'audience', iat: now, exp: now + 3_600 }
const foreign = { iss: 'foreign', aud: 'foreign' }
const longPast = { iat: now - 9_000, exp: now - 5_400 }
const farAhead = { iat: now + 5_400, exp: now + 9_000 }

async function complaint(token: string): Promise<string | undefined> {
  const library = new OAuth2Client()
  const pems = { kid: key.certificatePem }
  const noLimit = Number.MAX_SAFE_INTEGER
  try {
    await library.verifySignedJwtWithCertsAsync(token, pems, 'audience', ['issuer'], noLimit)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'no Error'
  }
}

describe('google-auth-library', () => {
  it('is content with a good token, however long it lives', async () => {
    expect(await complaint(mintToken(key, good))).toBeUndefined()
    expect(await complaint(mintToken(key, { ...good, exp: now + 9_000_000 }))).toBeUndefined()
  })

  it('complains of nothing before the signature', async () => {
    for (const claims of [good, { ...good, ...longPast }, { ...good, ...farAhead }, foreign]) {
      expect(await complaint(mintToken(stranger, claims))).toMatch(/^Invalid token signature/)
    }
  })

  it('complains of time before issuer and audience, in these words', async () => {
    const cases: [Record<string, unknown>, string][] = [
      [{ ...good, ...foreign, ...longPast }, 'Token used too late, '],
      [{ ...good, ...foreign, ...farAhead }, 'Token used too early, '],
      [{ ...good, aud: ['audience'] }, 'Wrong recipient, '],
    ]
    for (const [claims, words] of cases) {
      expect((await complaint(mintToken(key, claims)))?.startsWith(words)).toBe(true)
    }
  })

  it('quotes the token, which is why its words go no further', async () => {
    const token = mintToken(stranger, good)
    expect(await complaint(token)).toContain(token)
  })
})
