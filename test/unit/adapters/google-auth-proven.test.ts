import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { CertificateCache } from '../../../src/adapters/google-auth/certificate-cache.ts'
import { createIdTokenVerifier } from '../../../src/adapters/google-auth/id-token-verifier.ts'
import { createProvenSignatures } from '../../../src/adapters/google-auth/proven-signatures.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/kernel/index.ts'
import { mintToken, newTokenKey } from '../../support/certificate-server.ts'
import { simulatedClock } from '../../support/simulated-clock.ts'

const [key, successor] = [newTokenKey('kid'), newTokenKey('kid')]
const claimsSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
})
const RULES = { claimsSchema, audience: 'us', issuers: ['issuer'] }

/** A verifier that has proven one token already, and what it judges by. */
async function provenOnce() {
  const clock = simulatedClock(Date.now())
  let published: Awaited<ReturnType<CertificateCache['find']>> = {
    kind: 'certificate',
    pem: key.certificatePem,
  }
  const verifier = createIdTokenVerifier({ clock, certificates: { find: async () => published } })
  const iat = Math.floor(clock.now() / SECOND_MS)
  const token = mintToken(key, { iss: 'issuer', aud: 'us', iat, exp: iat + 3_600 })
  const verify = (rules = RULES, text = token) => verifier.verify(`Bearer ${text}`, rules)
  expect(await verify()).toMatchObject({ kind: 'verified' })
  const publish = (next: typeof published) => {
    published = next
  }
  return { clock, token, verify, publish }
}

describe('a token whose signature was proven', () => {
  it('is still judged by time, issuer and audience', async () => {
    const { clock, verify } = await provenOnce()
    expect(await verify({ ...RULES, audience: 'others' })).toMatchObject({
      reason: 'wrong_audience',
    })
    expect(await verify({ ...RULES, issuers: ['other'] })).toMatchObject({ reason: 'wrong_issuer' })
    expect(await verify()).toMatchObject({ kind: 'verified' })
    await clock.advance(HOUR_MS + 6 * MINUTE_MS)
    expect(await verify()).toMatchObject({ kind: 'rejected', reason: 'expired' })
  })

  it('proves nothing once its key is replaced or gone', async () => {
    const { verify, publish } = await provenOnce()
    publish({ kind: 'certificate', pem: successor.certificatePem })
    expect(await verify()).toMatchObject({ kind: 'rejected', reason: 'bad_signature' })
    publish({ kind: 'unknown_kid' })
    expect(await verify()).toMatchObject({ kind: 'rejected', reason: 'unknown_key' })
  })

  it('vouches for no other token', async () => {
    const { token, verify } = await provenOnce()
    const [header = '', claims = '', signature = ''] = token.split('.')
    const forged = {
      ...JSON.parse(Buffer.from(claims, 'base64url').toString()),
      exp: 9_999_999_999,
    }
    const other = Buffer.from(JSON.stringify(forged)).toString('base64url')
    expect(await verify(RULES, `${header}.${other}.${signature}`)).toMatchObject({
      kind: 'rejected',
      reason: 'bad_signature',
    })
  })
})

describe('proven signatures', () => {
  it('knows the exact token under the exact key, and lets the oldest go', () => {
    const proven = createProvenSignatures(2)
    for (const token of ['a', 'b']) proven.add(token, 'key')
    expect([proven.has('a', 'key'), proven.has('a', 'other'), proven.has('b', 'key')]).toEqual([
      true,
      false,
      true,
    ])
    proven.add('c', 'key')
    expect([proven.has('a', 'key'), proven.has('b', 'key'), proven.has('c', 'key')]).toEqual([
      false,
      true,
      true,
    ])
  })
})
