import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OAuth2Client } from 'google-auth-library'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { createTokenIssuer, startIssuerServer } from '../../src/local/issuer/index.ts'

const now = () => Date.now()
const claims = { audience: 'https://service.example', email: 'invoker@project.iam.example' }
const accounts = ['https://accounts.google.com']

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'issuer-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function verify(token: string, certs: Record<string, string>, audience = claims.audience) {
  return new OAuth2Client().verifySignedJwtWithCertsAsync(token, certs, audience, accounts)
}

describe('token issuer', () => {
  it('mints OIDC tokens that google-auth-library verifies', async () => {
    const issuer = createTokenIssuer({ now })
    const ticket = await verify(issuer.mint(claims), issuer.certs())
    const payload = ticket.getPayload()
    expect(payload).toMatchObject({
      iss: 'https://accounts.google.com',
      aud: claims.audience,
      email: claims.email,
      email_verified: true,
      sub: expect.stringMatching(/^\d{21}$/),
    })
    expect(payload?.azp).toBe(payload?.sub)
    expect((payload?.exp ?? 0) - (payload?.iat ?? 0)).toBe(3_600)
  })

  it('mints Firebase tokens that verify as securetoken.google.com', async () => {
    const issuer = createTokenIssuer({ now })
    const token = issuer.mintFirebase({ uid: 'user-1', projectId: 'p1' })
    const ticket = await new OAuth2Client().verifySignedJwtWithCertsAsync(
      token,
      issuer.certs(),
      'p1',
      ['https://securetoken.google.com/p1'],
    )
    expect(ticket.getPayload()).toMatchObject({ sub: 'user-1', aud: 'p1' })
  })

  it('mints what a verifier must refuse (F18)', async () => {
    const issuer = createTokenIssuer({ now })
    const certs = issuer.certs()
    const stranger = createTokenIssuer({ now }).mint(claims)
    await expect(verify(stranger, certs)).rejects.toThrow('No pem found')
    await expect(verify(issuer.mint(claims), certs, 'other')).rejects.toThrow('Wrong recipient')
    const stale = issuer.mint({ ...claims, expiresInSeconds: -900 })
    await expect(verify(stale, certs)).rejects.toThrow('Token used too late')
    const foreign = issuer.mint({ ...claims, extraClaims: { iss: 'https://evil.example' } })
    await expect(verify(foreign, certs)).rejects.toThrow('Invalid issuer')
    const unverified = await verify(issuer.mint({ ...claims, emailVerified: false }), certs)
    expect(unverified.getPayload()?.email_verified).toBe(false)
  })

  it('keeps its key over a restart, readable by its owner alone', async () => {
    const token = createTokenIssuer({ folder, now }).mint(claims)
    const again = createTokenIssuer({ folder, now })
    await verify(token, again.certs())
    expect((await stat(join(folder, 'signing-keys.json'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(folder, 'signing-keys.json'), 'utf8')).not.toContain(token)
  })

  it('rotates without orphaning the tokens already out', async () => {
    const issuer = createTokenIssuer({ folder, now })
    const before = issuer.mint(claims)
    const kid = issuer.rotate()
    const after = issuer.mint(claims)
    expect(JSON.parse(Buffer.from(after.split('.')[0] ?? '', 'base64url').toString()).kid).toBe(kid)
    const restarted = createTokenIssuer({ folder, now })
    expect(restarted.mint(claims).split('.')[0]).toBe(after.split('.')[0])
    for (const token of [before, after]) await verify(token, restarted.certs())
  })
})

describe('issuer server', () => {
  const start = () =>
    startIssuerServer({
      issuer: createTokenIssuer({ now }),
      port: 0,
      clock: systemClock(),
      maxAgeSeconds: 600,
    })

  it('serves the keys so that the library verifies from it and caches by max-age', async () => {
    const issuer = createTokenIssuer({ now })
    await using server = await startIssuerServer({ issuer, port: 0, clock: systemClock() })
    const client = new OAuth2Client({
      endpoints: { oauth2FederatedSignonPemCertsUrl: server.certsUrl },
    })
    const options = { idToken: issuer.mint(claims), audience: claims.audience }
    await client.verifyIdToken(options)
    await client.verifyIdToken(options)
    expect(server.fetches).toEqual({ oidc: 1, firebase: 0 })
  })

  it('serves the same keys to Firebase verifiers, as JSON with max-age', async () => {
    await using server = await start()
    const [google, firebase] = await Promise.all([
      fetch(server.certsUrl),
      fetch(server.firebaseCertsUrl),
    ])
    expect(google.headers.get('content-type')).toBe('application/json')
    expect(google.headers.get('cache-control')).toContain('max-age=600')
    expect(await firebase.json()).toEqual(await google.json())
    expect(server.fetches).toEqual({ oidc: 1, firebase: 1 })
  })

  it('fails as told: status, HTML with 200, then hangs, then heals (F19)', async () => {
    await using server = await start()
    server.faults.add({ kind: 'status', status: 503 })
    server.faults.add({ kind: 'html-200' })
    server.faults.add({ kind: 'hang' })
    expect((await fetch(server.certsUrl)).status).toBe(503)
    const portal = await fetch(server.certsUrl)
    expect([portal.status, portal.headers.get('content-type')]).toEqual([200, 'text/html'])
    await expect(fetch(server.certsUrl, { signal: AbortSignal.timeout(100) })).rejects.toThrow()
    expect((await fetch(server.certsUrl)).status).toBe(200)
    expect(server.fetches.oidc).toBe(4)
  })

  it('takes faults over HTTP and reports its counters', async () => {
    await using server = await start()
    const armed = await fetch(`${server.url}/faults`, {
      method: 'POST',
      body: JSON.stringify({ kind: 'status', status: 500, times: -1 }),
    })
    expect(armed.status).toBe(201)
    expect((await fetch(server.certsUrl)).status).toBe(500)
    expect((await fetch(server.certsUrl)).status).toBe(500)
    await fetch(`${server.url}/faults`, { method: 'DELETE' })
    expect((await fetch(server.certsUrl)).status).toBe(200)
    const stats = await fetch(`${server.url}/stats`)
    expect(await stats.json()).toEqual({ fetches: { oidc: 3, firebase: 0 }, faults: [] })
    const refused = await fetch(`${server.url}/faults`, { method: 'POST', body: '{"kind":"x"}' })
    expect(refused.status).toBe(400)
  })
})
