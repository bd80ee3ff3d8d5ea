import { describe, expect, it } from 'vitest'
import { withDevelopmentIdentity } from '../../../src/adapters/google-auth/index.ts'
import type { UserVerdict, UserVerifier } from '../../../src/ports/index.ts'

const refusal: UserVerdict = { kind: 'rejected', reason: 'asked_the_real_one' }
const real: UserVerifier = { verifyUser: () => Promise.resolve(refusal) }
const verifier = withDevelopmentIdentity(real)

describe('development identity', () => {
  it.each(['a', 'user-1', 'A.b_c-9', 'u'.repeat(128)])('believes dev:%s', async (uid) => {
    expect(await verifier.verifyUser(`Bearer dev:${uid}`)).toEqual({ kind: 'user', uid })
  })

  it.each([
    undefined,
    '',
    'dev:user-1',
    'Basic dev:user-1',
    'Bearer dev:',
    'Bearer dev:a b',
    'Bearer dev:a/b',
    'Bearer dev:é',
    'Bearer xdev:a',
    `Bearer dev:${'u'.repeat(129)}`,
    'Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
  ])('leaves %j to the real verifier', async (authorization) => {
    expect(await verifier.verifyUser(authorization)).toBe(refusal)
  })
})
