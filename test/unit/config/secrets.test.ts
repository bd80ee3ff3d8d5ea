import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readEnv, Secret, toConfig } from '../../../src/config/index.ts'
import { faultsOf } from './faults-of.ts'
import { VALID_SOURCE } from './valid-env.ts'

const SECRET_TEXTS = ['hunter2hunter2', 'id-secret-id-secret', 'deepgram-key-deepgram-key']

function expectClean(printed: string) {
  for (const text of SECRET_TEXTS) expect(printed).not.toContain(text)
}

describe('Secret', () => {
  it('prints as [redacted] however it is printed', () => {
    const secret = new Secret('hunter2hunter2')
    const printings = [
      `${secret}`,
      String(secret),
      JSON.stringify({ secret }),
      inspect(secret, { showHidden: true, depth: 9 }),
      inspect({ nested: [secret] }),
      JSON.stringify({ ...secret }),
      JSON.stringify(Object.entries(secret)),
    ]
    for (const printed of printings) expectClean(printed)
    expect(printings.slice(0, 4).every((printed) => printed.includes('[redacted]'))).toBe(true)
    expect(secret.reveal()).toBe('hunter2hunter2')
  })

  it('keeps keys and the Redis password out of a printed environment and configuration', () => {
    const env = readEnv(VALID_SOURCE)
    for (const value of [env, toConfig(env)]) {
      expectClean(JSON.stringify(value))
      expectClean(inspect(value, { depth: 9, showHidden: true }))
    }
  })

  it('is never shown in a fault', () => {
    const faults = faultsOf({
      SYNC_ID_SECRET: 'hunter2hunter2',
      REDIS_URL: 'http://:hunter2hunter2@10.0.0.3',
    })
    expect(faults).toEqual([
      'REDIS_URL must be a redis:// or rediss:// URL with a host.',
      'SYNC_ID_SECRET must have 32 characters or more.',
    ])
  })

  it('keeps the credentials of a faulty URL out of its fault', () => {
    const [fault] = faultsOf({ OIDC_CERTS_URL: 'http://me:hunter2hunter2@certs.example.com/' })
    expect(fault).toContain('//[redacted]@certs.example.com')
    expectClean(fault ?? '')
  })
})
