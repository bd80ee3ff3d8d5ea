import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCertificateCache } from '../../../src/adapters/google-auth/index.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/kernel/index.ts'
import {
  type CertificateFault,
  type CertificateServer,
  newTokenKey,
  startCertificateServer,
} from '../../support/certificate-server.ts'
import { type SimulatedClock, simulatedClock } from '../../support/simulated-clock.ts'

const [old, next] = [newTokenKey('old'), newTokenKey('next')]
const found = (key: { certificatePem: string }) => ({
  kind: 'certificate',
  pem: key.certificatePem,
})
const unknownKid = { kind: 'unknown_kid' }
const unreachable = (reason: string) => ({ kind: 'unreachable', reason: `certificates_${reason}` })

let server: CertificateServer
let clock: SimulatedClock
let heard: string[]
beforeEach(async () => {
  server = await startCertificateServer(old)
  clock = simulatedClock(Date.now())
  heard = []
})
afterEach(() => server.close())

function openCache() {
  return createCertificateCache({
    url: server.url,
    clock,
    onUnreachable: (reason) => heard.push(reason),
  })
}

/** The last millisecond at which the kept answer is used unasked, seen from its fetch. */
async function expectFreshFor(ms: number) {
  const cache = openCache()
  await cache.find('old')
  const before = server.fetches
  await clock.advance(ms - 1)
  await cache.find('old')
  expect(server.fetches).toBe(before)
  await clock.advance(1)
  expect(await cache.find('old')).toEqual(found(old))
  expect(server.fetches).toBe(before + 1)
}

describe('freshness of certificates', () => {
  it.each([
    ['follows max-age', { 'cache-control': 'public, max-age=1800, no-transform' }, 30 * MINUTE_MS],
    ['takes off the age', { 'cache-control': 'max-age=1800', age: '600' }, 20 * MINUTE_MS],
    ['takes a minute for less', { 'cache-control': 'max-age=5' }, MINUTE_MS],
    ['takes a minute for an age beyond', { 'cache-control': 'max-age=9', age: '60' }, MINUTE_MS],
    ['takes a minute for silence', { 'cache-control': 'no-store' }, MINUTE_MS],
    ['takes six hours for more', { 'cache-control': 'max-age=999999' }, 6 * HOUR_MS],
  ])('%s', async (_name, headers: Record<string, string>, ms) => {
    server.headers = headers
    await expectFreshFor(ms)
  })

  it('ends a withdrawn key with the next good answer', async () => {
    const cache = openCache()
    expect(await cache.find('old')).toEqual(found(old))
    server.publish(next)
    await clock.advance(HOUR_MS)
    expect(await cache.find('old')).toEqual(unknownKid)
    expect(await cache.find('next')).toEqual(found(next))
    expect(server.fetches).toBe(2)
  })
})

describe('a key id not held', () => {
  it('is fetched for once it may be, so that a rotation is seen within half a minute', async () => {
    const cache = openCache()
    await cache.find('old')
    server.publish(old, next)
    await clock.advance(30 * SECOND_MS - 1)
    expect(await cache.find('next')).toEqual(unknownKid)
    expect(server.fetches).toBe(1)
    await clock.advance(1)
    expect(await cache.find('next')).toEqual(found(next))
    expect(server.fetches).toBe(2)
  })

  it('costs one fetch in half a minute, however many a stranger invents', async () => {
    const cache = openCache()
    await cache.find('old')
    await clock.advance(30 * SECOND_MS)
    const invented = Array.from({ length: 50 }, (_, index) => cache.find(`invented-${index}`))
    expect(await Promise.all(invented)).toEqual(Array(50).fill(unknownKid))
    expect(await cache.find('one-more')).toEqual(unknownKid)
    expect(server.fetches).toBe(2)
  })

  it('is unknown to a cold cache too, after one fetch', async () => {
    expect(await openCache().find('never')).toEqual(unknownKid)
    expect(server.fetches).toBe(1)
  })

  it('is not called unknown while the endpoint is down, nor does it hurt the known ones', async () => {
    const cache = openCache()
    await cache.find('old')
    server.fault = { kind: 'status', status: 503 }
    await clock.advance(30 * SECOND_MS)
    expect(await cache.find('never')).toEqual(unreachable('status_503'))
    expect(await cache.find('never')).toEqual(unreachable('status_503'))
    expect(await cache.find('old')).toEqual(found(old))
    expect(server.fetches).toBe(2)
  })
})

describe('an answer that is no certificates is the endpoint down (F19)', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const json = (value: unknown): CertificateFault => ({ kind: 'json', body: JSON.stringify(value) })
  it.each<[string, string, CertificateFault]>([
    ['an error', 'status_500', { kind: 'status', status: 500 }],
    ['a 200 that is HTML', 'not_json', { kind: 'html-200' }],
    ['broken JSON', 'malformed', { kind: 'json', body: '{"old":' }],
    ['no object', 'malformed', json(['pem'])],
    ['no keys', 'malformed', json({})],
    ['keys as JWK', 'malformed', json({ keys: [{ kty: 'RSA', n: 'x', e: 'AQAB' }] })],
    ['a PEM that is none', 'malformed', json({ old: '-----BEGIN CERTIFICATE-----\nx' })],
    ['a key of another kind', 'malformed', json({ old: ecPem })],
    ['too much', 'too_large', json({ old: 'x'.repeat(257 * 1_024) })],
  ])('%s', async (_name, reason, fault) => {
    const cache = openCache()
    server.fault = fault
    expect(await cache.find('old')).toEqual(unreachable(reason))
    expect(heard).toEqual([`certificates_${reason}`])
  })

  it('a redirect, even to certificates', async () => {
    await using elsewhere = await startCertificateServer(old)
    server.fault = { kind: 'redirect', location: elsewhere.url }
    expect(await openCache().find('old')).toEqual(unreachable('connection'))
    expect(elsewhere.fetches).toBe(0)
  })

  it('nobody listening', async () => {
    await server.close()
    expect(await openCache().find('old')).toEqual(unreachable('connection_econnrefused'))
  })

  it.each<CertificateFault>([{ kind: 'hang' }, { kind: 'stall' }])(
    'nothing after three seconds ($kind)',
    async (fault) => {
      server.fault = fault
      let verdict: unknown
      const asked = openCache()
        .find('old')
        .then((lookup) => {
          verdict = lookup
        })
      await expect.poll(() => server.fetches, { timeout: 5_000 }).toBe(1)
      await clock.advance(3 * SECOND_MS - 1)
      await new Promise((resolve) => setImmediate(resolve))
      expect(verdict).toBeUndefined()
      await clock.advance(1)
      await asked
      expect(verdict).toEqual(unreachable('timeout'))
    },
  )
})

it('a fetch that is over holds no timer and no socket', async () => {
  const cache = openCache()
  expect(await cache.find('old')).toEqual(found(old))
  expect([clock.sleeping, server.abandoned]).toEqual([0, 0])
  server.fault = { kind: 'stall' }
  await clock.advance(HOUR_MS)
  const asked = cache.find('old')
  await expect.poll(() => server.fetches, { timeout: 5_000 }).toBe(2)
  await clock.advance(3 * SECOND_MS)
  expect(await asked).toEqual(found(old))
  await expect.poll(() => server.abandoned, { timeout: 5_000 }).toBe(1)
})

describe('in an outage', () => {
  it('a cold cache asks again after a second', async () => {
    const cache = openCache()
    server.fault = { kind: 'status', status: 500 }
    const asked = Array.from({ length: 50 }, () => cache.find('old'))
    expect(await Promise.all(asked)).toEqual(Array(50).fill(unreachable('status_500')))
    server.fault = undefined
    await clock.advance(SECOND_MS - 1)
    expect(await cache.find('old')).toEqual(unreachable('status_500'))
    expect(server.fetches).toBe(1)
    await clock.advance(1)
    expect(await cache.find('old')).toEqual(found(old))
    expect(server.fetches).toBe(2)
  })

  it('kept keys answer at once, and the endpoint is asked twice a minute', async () => {
    const cache = openCache()
    await cache.find('old')
    server.fault = { kind: 'status', status: 500 }
    await clock.advance(HOUR_MS)
    expect(await cache.find('old')).toEqual(found(old))
    await clock.advance(30 * SECOND_MS - 1)
    expect(await cache.find('old')).toEqual(found(old))
    expect(server.fetches).toBe(2)
    await clock.advance(1)
    expect(await cache.find('old')).toEqual(found(old))
    expect(server.fetches).toBe(3)
    expect(heard).toEqual(['certificates_status_500', 'certificates_status_500'])
  })

  it('kept keys end a day after the last good answer', async () => {
    const cache = openCache()
    await cache.find('old')
    server.fault = { kind: 'status', status: 500 }
    await clock.advance(24 * HOUR_MS - 1)
    expect(await cache.find('old')).toEqual(found(old))
    await clock.advance(1)
    expect(await cache.find('old')).toEqual(unreachable('status_500'))
    server.fault = undefined
    await clock.advance(SECOND_MS)
    expect(await cache.find('old')).toEqual(found(old))
  })
})

it('certificates come as X.509 or as bare public keys', async () => {
  expect(
    new X509Certificate(old.certificatePem).verify(
      new X509Certificate(old.certificatePem).publicKey,
    ),
  ).toBe(true)
  server.fault = { kind: 'json', body: JSON.stringify({ old: old.publicPem }) }
  expect(await openCache().find('old')).toEqual({ kind: 'certificate', pem: old.publicPem })
})
