import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HOUR_MS, SECOND_MS } from '../../src/kernel/index.ts'
import type { CallerVerdict, OperatorVerdict, UserVerdict } from '../../src/ports/index.ts'
import {
  type CertificateFault,
  type CertificateServer,
  mintToken,
  newTokenKey,
  type TokenKey,
} from '../support/certificate-server.ts'
import type { SimulatedClock } from '../support/simulated-clock.ts'

type Claims = Readonly<Record<string, unknown>>

/** A verifier in a world of its own: its key, the server of its certificates, its time. */
export interface IdentitySubject {
  readonly clock: SimulatedClock
  readonly server: CertificateServer
  /** Signs the good tokens; published. */
  readonly key: TokenKey
  /** The claims of a token minted now that proves someone. */
  goodClaims(): Claims
  verify(authorization: string | undefined): Promise<UserVerdict | CallerVerdict | OperatorVerdict>
}

/** `goodClaims` of the subject, changed, signed by its key. */
export function mintFor(subject: IdentitySubject, changes: Claims = {}, header: Claims = {}) {
  return mintToken(subject.key, { ...subject.goodClaims(), ...changes }, header)
}

export function rejected(reason: string) {
  return { kind: 'rejected', reason }
}

const strangerKey = newTokenKey()

/** What every identity port promises of any signed token, whoever it names. */
export function signedTokenContract(
  proven: 'user' | 'invoker' | 'operator',
  open: () => Promise<IdentitySubject>,
): void {
  let subject: IdentitySubject
  beforeEach(async () => {
    subject = await open()
  })
  afterEach(() => subject.server.close())
  const verify = (token: string) => subject.verify(`Bearer ${token}`)
  const nowSeconds = () => Math.floor(subject.clock.now() / SECOND_MS)

  it('takes a good token as proof, whatever the case of its scheme', async () => {
    expect(await verify(mintFor(subject))).toMatchObject({ kind: proven })
    expect(await subject.verify(`bearer  ${mintFor(subject)} `)).toMatchObject({ kind: proven })
  })

  describe('refuses what proves nothing, by a word and no more (F18)', () => {
    it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Bearerabc'])(
      'no token: %j',
      async (authorization) => {
        expect(await subject.verify(authorization)).toEqual(rejected('no_token'))
      },
    )

    const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const withSignature = (token: string, signature: string) =>
      `${token.split('.').slice(0, 2).join('.')}.${signature}`
    const shapes: Record<string, [string, (s: IdentitySubject) => string]> = {
      'one word': ['malformed', () => 'garbage'],
      'three words': ['malformed', () => 'not.a.token'],
      'two tokens': ['malformed', (s) => `${mintFor(s)} ${mintFor(s)}`],
      'four segments': ['malformed', (s) => `${mintFor(s)}.x`],
      'two segments': ['malformed', (s) => mintFor(s).split('.').slice(0, 2).join('.')],
      'a signature that is no base64url': ['malformed', (s) => withSignature(mintFor(s), '%%%')],
      'a token over 16 KiB': ['malformed', (s) => mintFor(s, { pad: 'x'.repeat(16 * 1_024) })],
      'claims that are no object': [
        'malformed',
        () => `${segment({ alg: 'RS256' })}.${segment(1)}.x`,
      ],
      'an expiry as text': ['malformed', (s) => mintFor(s, { exp: `${nowSeconds() + 3_600}` })],
      'an issue time as text': ['malformed', (s) => mintFor(s, { iat: `${nowSeconds()}` })],
      'no expiry': ['malformed', (s) => mintFor(s, { exp: undefined })],
      'no issue time': ['malformed', (s) => mintFor(s, { iat: undefined })],
      'a lifetime of two days': ['malformed', (s) => mintFor(s, { exp: nowSeconds() + 172_800 })],
      'no signature': ['unsigned', (s) => withSignature(mintFor(s), '')],
      'alg none, no signature': [
        'unsigned',
        (s) => withSignature(mintFor(s, {}, { alg: 'none' }), ''),
      ],
      'alg None, signed all the same': ['unsigned', (s) => mintFor(s, {}, { alg: 'None' })],
      'a signature removed by the platform': [
        'unsigned',
        (s) => withSignature(mintFor(s), 'SIGNATURE_REMOVED_BY_GOOGLE'),
      ],
      'HS256 keyed with the public key': [
        'bad_signature',
        (s) => {
          const [head, body] = mintFor(s, {}, { alg: 'HS256' }).split('.')
          const mac = createHmac('sha256', s.key.publicPem).update(`${head}.${body}`)
          return `${head}.${body}.${mac.digest('base64url')}`
        },
      ],
      'another algorithm named over a good signature': [
        'bad_signature',
        (s) => mintFor(s, {}, { alg: 'RS512' }),
      ],
      'no key id': ['unknown_key', (s) => mintFor(s, {}, { kid: undefined })],
      'a key id never published': ['unknown_key', (s) => mintToken(strangerKey, s.goodClaims())],
      'a key id that every object has': [
        'unknown_key',
        (s) => mintFor(s, {}, { kid: '__proto__' }),
      ],
      "a stranger's signature under our key id": [
        'bad_signature',
        (s) => mintToken(strangerKey, s.goodClaims(), { kid: s.key.kid }),
      ],
      'claims changed after signing': [
        'bad_signature',
        (s) => {
          const [head, , signature] = mintFor(s).split('.')
          return `${head}.${segment({ ...s.goodClaims(), more: true })}.${signature}`
        },
      ],
      'another issuer': ['wrong_issuer', (s) => mintFor(s, { iss: 'https://evil.example' })],
      'an issuer with a slash more': [
        'wrong_issuer',
        (s) => mintFor(s, { iss: `${s.goodClaims()['iss']}/` }),
      ],
      'issuers in a list': ['wrong_issuer', (s) => mintFor(s, { iss: [s.goodClaims()['iss']] })],
      'no issuer': ['wrong_issuer', (s) => mintFor(s, { iss: undefined })],
      'another audience': ['wrong_audience', (s) => mintFor(s, { aud: 'https://other.example' })],
      'an audience with a slash more': [
        'wrong_audience',
        (s) => mintFor(s, { aud: `${s.goodClaims()['aud']}/` }),
      ],
      'ours in a list of audiences': [
        'wrong_audience',
        (s) => mintFor(s, { aud: [s.goodClaims()['aud']] }),
      ],
      'no audience': ['wrong_audience', (s) => mintFor(s, { aud: undefined })],
    }
    it.each(Object.entries(shapes))('%s', async (_name, [reason, make]) => {
      expect(await verify(make(subject))).toEqual(rejected(reason))
    })
  })

  describe('judges time by its clock, five minutes either way (F20)', () => {
    it.each([
      ['expired 300 s ago', -3_900, -300, proven],
      ['expired 301 s ago', -3_900, -301, 'expired'],
      ['issued 300 s ahead', 300, 3_900, proven],
      ['issued 301 s ahead', 301, 3_901, 'not_yet_valid'],
    ])('%s', async (_name, iatOffset, expOffset, expected) => {
      const times = { iat: nowSeconds() + iatOffset, exp: nowSeconds() + expOffset }
      const verdict = await verify(mintFor(subject, times))
      if (expected === proven) expect(verdict).toMatchObject({ kind: proven })
      else expect(verdict).toEqual(rejected(expected))
    })

    it('lets a proof lapse as time passes', async () => {
      const token = mintFor(subject)
      expect(await verify(token)).toMatchObject({ kind: proven })
      await subject.clock.advance(HOUR_MS + 301 * SECOND_MS)
      expect(await verify(token)).toEqual(rejected('expired'))
    })

    it('speaks of time only when the signature held, so that a forger raises no alarm', async () => {
      const forged = (times: Claims) =>
        mintToken(strangerKey, { ...subject.goodClaims(), ...times }, { kid: subject.key.kid })
      for (const times of [{ exp: 1 }, { iat: nowSeconds() + 900, exp: nowSeconds() + 999 }]) {
        expect(await verify(forged(times))).toEqual(rejected('bad_signature'))
      }
    })
  })

  describe('tells an outage of the certificates from a bad token (F19)', () => {
    const faults: CertificateFault[] = [
      { kind: 'status', status: 500 },
      { kind: 'status', status: 404 },
      { kind: 'html-200' },
      { kind: 'json', body: '{"oops' },
    ]
    it.each(faults)('$kind $status $body: unavailable, then heals', async (fault) => {
      subject.server.fault = fault
      expect(await verify(mintFor(subject))).toMatchObject({ kind: 'unavailable' })
      subject.server.fault = undefined
      await subject.clock.advance(10 * SECOND_MS)
      expect(await verify(mintFor(subject))).toMatchObject({ kind: proven })
    })

    it('gives up on an endpoint that never answers', async () => {
      subject.server.fault = { kind: 'hang' }
      const verdict = verify(mintFor(subject))
      await expect.poll(() => subject.server.fetches, { timeout: 5_000 }).toBe(1)
      await subject.clock.advance(10 * SECOND_MS)
      expect(await verdict).toEqual({ kind: 'unavailable', reason: 'certificates_timeout' })
    })

    it('is unavailable when nobody listens', async () => {
      await subject.server.close()
      expect(await verify(mintFor(subject))).toMatchObject({ kind: 'unavailable' })
    })

    it('still tells good from bad by the keys it kept, for a day', async () => {
      await verify(mintFor(subject))
      await subject.server.close()
      for (const passMs of [12 * HOUR_MS, 12 * HOUR_MS - 1]) {
        await subject.clock.advance(passMs)
        expect(await verify(mintFor(subject))).toMatchObject({ kind: proven })
        const forged = mintToken(strangerKey, subject.goodClaims(), { kid: subject.key.kid })
        expect(await verify(forged)).toEqual(rejected('bad_signature'))
        const unknown = mintToken(strangerKey, subject.goodClaims())
        expect(await verify(unknown)).toMatchObject({ kind: 'unavailable' })
      }
      await subject.clock.advance(1)
      expect(await verify(mintFor(subject))).toMatchObject({ kind: 'unavailable' })
    })

    it('knows garbage for garbage without any key', async () => {
      await subject.server.close()
      expect(await verify('garbage')).toEqual(rejected('malformed'))
      expect(subject.server.fetches).toBe(0)
    })
  })

  it('fetches the certificates once for fifty callers at once', async () => {
    const token = mintFor(subject)
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => verify(token)))
    expect(verdicts.map((verdict) => verdict.kind)).toEqual(Array(50).fill(proven))
    expect(subject.server.fetches).toBe(1)
  })
}
