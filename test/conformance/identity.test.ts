import { describe, expect, it } from 'vitest'
import {
  createCertificateCache,
  createOperatorVerifier,
  createTaskCallerVerifier,
  createUserVerifier,
  withDevelopmentOperators,
} from '../../src/adapters/google-auth/index.ts'
import { DAY_MS, SECOND_MS } from '../../src/kernel/index.ts'
import { mintToken, newTokenKey, startCertificateServer } from '../support/certificate-server.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import {
  type IdentitySubject,
  mintFor,
  rejected,
  signedTokenContract,
} from './identity.contract.ts'

const key = newTokenKey()
const audience = 'https://service.example'
const invokerEmail = 'invoker@project.iam.gserviceaccount.com'
const projectId = 'wearable-1'

/** The verifiers see our clock alone: far from the process clock they answer the same. */
const processNowMs = Math.floor(Date.now() / SECOND_MS) * SECOND_MS
const times: [string, number][] = [
  ['at the time of the process', processNowMs],
  ['years before the process', processNowMs - 1_500 * DAY_MS],
  ['years after the process', processNowMs + 1_500 * DAY_MS],
]

async function openWorld(startMs: number) {
  const clock = simulatedClock(startMs)
  const server = await startCertificateServer(key)
  const certificates = createCertificateCache({ url: server.url, clock })
  return { clock, server, key, certificates }
}

function hourFrom(nowMs: number) {
  const iat = Math.floor(nowMs / SECOND_MS)
  return { iat, exp: iat + 3_600 }
}

async function openCaller(
  changes: Partial<Parameters<typeof createTaskCallerVerifier>[0]> = {},
  startMs = processNowMs,
): Promise<IdentitySubject> {
  const world = await openWorld(startMs)
  const verifier = createTaskCallerVerifier({ ...world, audience, invokerEmail, ...changes })
  return {
    ...world,
    goodClaims: () => ({
      ...hourFrom(world.clock.now()),
      iss: 'https://accounts.google.com',
      aud: audience,
      sub: '112233445566778899001',
      email: invokerEmail,
      email_verified: true,
    }),
    verify: (authorization) => verifier.verifyCaller(authorization),
  }
}

const operatorEmail = 'Ana@Example.com'

async function openOperator(
  changes: Partial<Parameters<typeof createOperatorVerifier>[0]> = {},
  startMs = processNowMs,
): Promise<IdentitySubject> {
  const caller = await openCaller({}, startMs)
  const { clock, server } = caller
  const certificates = createCertificateCache({ url: server.url, clock })
  const emails = ['bo@example.com', operatorEmail]
  const options = { audience, emails, certificates, clock, ...changes }
  const verifier = createOperatorVerifier(options)
  return {
    ...caller,
    goodClaims: () => ({ ...caller.goodClaims(), email: 'ana@example.com' }),
    verify: (authorization) => verifier.verifyOperator(authorization),
  }
}

async function openUser(
  changes: Partial<Parameters<typeof createUserVerifier>[0]> = {},
  startMs = processNowMs,
): Promise<IdentitySubject> {
  const world = await openWorld(startMs)
  const verifier = createUserVerifier({ ...world, projectId, ...changes })
  return {
    ...world,
    goodClaims: () => {
      const hour = hourFrom(world.clock.now())
      const iss = `https://securetoken.google.com/${projectId}`
      return { ...hour, iss, aud: projectId, sub: 'user-1', auth_time: hour.iat }
    },
    verify: (authorization) => verifier.verifyUser(authorization),
  }
}

/** Verdict on the good claims, changed. */
async function judge(subject: IdentitySubject, changes: Record<string, unknown> = {}) {
  await using _server = subject.server
  return await subject.verify(`Bearer ${mintFor(subject, changes)}`)
}

describe.each(times)('task caller verifier %s', (_name, startMs) => {
  signedTokenContract('invoker', () => openCaller({}, startMs))
})

describe.each(times)('user verifier %s', (_name, startMs) => {
  signedTokenContract('user', () => openUser({}, startMs))
})

describe.each(times)('operator verifier %s', (_name, startMs) => {
  signedTokenContract('operator', () => openOperator({}, startMs))
})

describe('operator verifier', () => {
  it('names whoever is on the list, in any case', async () => {
    for (const email of ['ana@example.com', 'ANA@EXAMPLE.COM', 'bo@example.com']) {
      expect(await judge(await openOperator(), { email })).toEqual({ kind: 'operator', email })
    }
  })

  it.each(['eve@example.com', 'ana@example.com.eve', undefined, 7])(
    'refuses the account %j',
    async (email) => {
      expect(await judge(await openOperator(), { email })).toEqual(rejected('wrong_account'))
    },
  )

  it('refuses an address that nobody verified', async () => {
    const verdict = await judge(await openOperator(), { email_verified: false })
    expect(verdict).toEqual(rejected('unverified_email'))
  })

  it('rejects everything without an audience or a list (I10)', async () => {
    for (const changes of [{ audience: undefined }, { audience: '' }, { emails: [] }]) {
      expect(await judge(await openOperator(changes))).toEqual(rejected('not_configured'))
    }
  })

  it('believes a name on its word only where development is wired in', async () => {
    const clock = simulatedClock(processNowMs)
    const certificates = createCertificateCache({ url: 'http://127.0.0.1:9', clock })
    const strict = createOperatorVerifier({ audience, emails: ['a@b'], certificates, clock })
    expect(await strict.verifyOperator('Bearer dev:ana')).toEqual(rejected('malformed'))
    const lax = withDevelopmentOperators(strict)
    const proven = { kind: 'operator', email: 'ana@localhost' }
    expect(await lax.verifyOperator('Bearer dev:ana')).toEqual(proven)
    expect(await lax.verifyOperator(undefined)).toEqual(rejected('no_token'))
  })
})

describe('task caller verifier', () => {
  const invoker = { kind: 'invoker', email: invokerEmail }

  it.each([undefined, ''])(
    'rejects everything while audience or account is %j (I10)',
    async (no) => {
      for (const changes of [{ audience: no }, { invokerEmail: no }]) {
        const subject = await openCaller(changes)
        const claims = 'audience' in changes ? { aud: no } : { email: no }
        expect(await judge(subject, claims)).toEqual(rejected('not_configured'))
        expect(await subject.verify(undefined)).toEqual(rejected('not_configured'))
        expect(subject.server.fetches).toBe(0)
      }
    },
  )

  it('names the invoker, under both spellings of its issuer', async () => {
    expect(await judge(await openCaller())).toEqual(invoker)
    expect(await judge(await openCaller(), { iss: 'accounts.google.com' })).toEqual(invoker)
  })

  it('believes a further issuer only where it is configured', async () => {
    const iss = 'http://127.0.0.1:9099'
    expect(await judge(await openCaller(), { iss })).toEqual(rejected('wrong_issuer'))
    expect(await judge(await openCaller({ extraIssuers: [iss] }), { iss })).toEqual(invoker)
  })

  it.each([
    'other@project.iam.gserviceaccount.com',
    'INVOKER@project.iam.gserviceaccount.com',
    undefined,
  ])('refuses the account %j (F18)', async (email) => {
    expect(await judge(await openCaller(), { email })).toEqual(rejected('wrong_account'))
  })

  it.each([false, 'true', 1, undefined])('refuses email_verified: %j (F18)', async (flag) => {
    const verdict = await judge(await openCaller(), { email_verified: flag })
    expect(verdict).toEqual(rejected('unverified_email'))
  })
})

describe('user verifier', () => {
  it('names the user by the subject of the token', async () => {
    const sub = 'u'.repeat(128)
    expect(await judge(await openUser())).toEqual({ kind: 'user', uid: 'user-1' })
    expect(await judge(await openUser(), { sub })).toEqual({ kind: 'user', uid: sub })
  })

  it.each(['', 'u'.repeat(129), 7, undefined])('refuses the subject %j', async (sub) => {
    expect(await judge(await openUser(), { sub })).toEqual(rejected('malformed'))
  })

  it('refuses a sign-in that is yet to come, beyond the skew', async () => {
    const ahead = (seconds: number) => processNowMs / SECOND_MS + seconds
    const late = await judge(await openUser(), { auth_time: ahead(301) })
    expect(late).toEqual(rejected('not_yet_valid'))
    const skewed = await judge(await openUser(), { auth_time: ahead(300) })
    expect(skewed).toMatchObject({ kind: 'user' })
    for (const auth_time of [undefined, `${ahead(0)}`]) {
      expect(await judge(await openUser(), { auth_time })).toEqual(rejected('malformed'))
    }
  })

  it("refuses another project's token", async () => {
    const verdict = await judge(await openUser(), {
      iss: 'https://securetoken.google.com/other',
      aud: 'other',
    })
    expect(verdict).toEqual(rejected('wrong_issuer'))
  })

  it('believes a further issuer only where it is configured', async () => {
    const iss = 'http://127.0.0.1:9099'
    expect(await judge(await openUser(), { iss })).toEqual(rejected('wrong_issuer'))
    expect(await judge(await openUser({ extraIssuers: [iss] }), { iss })).toMatchObject({
      kind: 'user',
    })
  })

  it.each([undefined, ''])('rejects everything while the project is %j', async (none) => {
    const verdict = await judge(await openUser({ projectId: none }), {
      iss: `https://securetoken.google.com/${none}`,
      aud: none,
    })
    expect(verdict).toEqual(rejected('not_configured'))
  })
})

it("neither port takes the other's token", async () => {
  const [caller, user] = [await openCaller(), await openUser()]
  const callerToken = mintToken(key, caller.goodClaims())
  const userToken = mintToken(key, user.goodClaims())
  expect(await caller.verify(`Bearer ${userToken}`)).toEqual(rejected('wrong_issuer'))
  expect((await user.verify(`Bearer ${callerToken}`)).kind).toBe('rejected')
  await Promise.all([caller.server.close(), user.server.close()])
})
