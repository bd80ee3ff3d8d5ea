import * as z from 'zod'
import { createIdTokenVerifier } from '../../../src/adapters/google-auth/id-token-verifier.ts'
import { SECOND_MS } from '../../../src/kernel/index.ts'
import type { Clock } from '../../../src/ports/index.ts'
import { mintToken, newTokenKey } from '../../support/certificate-server.ts'
import { alternate } from '../alternate.ts'
import type { Measure } from '../bench.ts'

const TOKENS = 100
const ROUNDS = 5
const FIRST = 'seen for the first time, as of every task'
const claimsSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
})

/** What it costs to believe a signed token, its certificate at hand. */
export async function measureTokens(clock: Clock): Promise<Measure> {
  const key = newTokenKey()
  const verifier = createIdTokenVerifier({
    clock,
    certificates: { find: async () => ({ kind: 'certificate', pem: key.certificatePem }) },
  })
  const rules = { claimsSchema, audience: 'us', issuers: ['issuer'] }
  let minted = 0
  const mint = () => {
    minted += 1
    const iat = Math.floor(clock.now() / SECOND_MS)
    return mintToken(key, { iss: 'issuer', aud: 'us', iat, exp: iat + 3_600, nth: minted })
  }
  const costOf = async (tokens: readonly string[]) => {
    const before = process.cpuUsage()
    for (const token of tokens) {
      const { kind } = await verifier.verify(`Bearer ${token}`, rules)
      if (kind !== 'verified') throw new Error('a good token was refused')
    }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / tokens.length
  }
  const again = mint()
  const contestants = await alternate(
    [
      { name: FIRST, role: 'ours', sample: () => costOf(Array.from({ length: TOKENS }, mint)) },
      {
        name: 'seen before, as of every further poll',
        role: 'ours',
        sample: () => costOf(Array.from({ length: TOKENS }, () => again)),
      },
    ],
    ROUNDS,
  )
  return { what: 'a token verified', unit: 'us CPU', reference: FIRST, contestants }
}
