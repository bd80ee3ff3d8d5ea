import { describe, expect, it } from 'vitest'
import { certificatesCheck } from '../../../src/doctor/checks/certificates.ts'
import { skewOf } from '../../../src/doctor/checks/clocks.ts'
import { redisCheck } from '../../../src/doctor/checks/redis.ts'
import { speechToTextCheck } from '../../../src/doctor/checks/speech-to-text.ts'
import { type Check, createCheck, diagnose } from '../../../src/doctor/index.ts'
import type { StoreNodeFacts } from '../../../src/ports/index.ts'
import { simulatedClock } from '../../support/simulated-clock.ts'

const signal = new AbortController().signal
const codesOf = async (check: Check) => {
  const finding = await check.look(signal)
  return finding.verdict === 'short' ? finding.shortfalls.map(({ code }) => code) : finding.verdict
}

describe('what the doctor makes of', () => {
  const node: StoreNodeFacts = {
    node: 'redis:6379',
    version: '7.2.4',
    role: 'master',
    evictionPolicy: 'noeviction',
    maxMemoryBytes: 1_000,
    usedMemoryBytes: 200,
    isAppendOnly: false,
    snapshotRules: '',
  }
  const redis = (...nodes: readonly StoreNodeFacts[]) =>
    codesOf(
      redisCheck({ nodes: async () => nodes, roundTripMs: async () => 0, now: async () => 0 }),
    )

  it.each<[string, Partial<StoreNodeFacts>, string | string[]]>([
    ['that keeps nothing', {}, 'ok'],
    ['that does not tell whether it writes snapshots', { snapshotRules: undefined }, 'ok'],
    ['that appends beside its snapshots', { snapshotRules: '60 1', isAppendOnly: true }, 'ok'],
    ['that is a replica', { role: 'slave' }, ['redis_replica']],
    ['that is nearly full', { usedMemoryBytes: 900 }, ['redis_memory']],
    ['without a limit of its memory', { usedMemoryBytes: 9e9, maxMemoryBytes: 0 }, 'ok'],
    ['that does not say what it is', { version: '' }, ['redis_version']],
  ])('a Redis %s', async (_, facts, codes) => {
    expect(await redis(node, { ...node, ...facts })).toEqual(codes)
  })

  it.each<[string, Parameters<typeof speechToTextCheck>[0], string | string[]]>([
    ['on this machine', { provider: 'spans', baseUrl: undefined, isDeployed: false }, 'ok'],
    ['deployed', { provider: 'spans', baseUrl: undefined, isDeployed: true }, ['speech_stand_in']],
  ])('a stand-in for a provider %s', async (_, facts, codes) => {
    expect(await codesOf(speechToTextCheck(facts))).toEqual(codes)
  })

  it.each<[string, number, string | string[]]>([
    ['for an hour', 3_600_000, 'ok'],
    ['for no time', 0, ['certificates_stale']],
    ['for a time that is over', -5_000, ['certificates_stale']],
  ])('certificates that may be kept %s', async (_, maxAgeMs, codes) => {
    const fetch = async () => ({ kind: 'certificates', keys: 2, maxAgeMs }) as const
    const check = certificatesCheck('tasks', 'OIDC_CERTS_URL', { url: 'https://certs', fetch })
    expect(await codesOf(check)).toEqual(codes)
  })

  it.each([
    ['within the question', 1_050, 1_050, 0],
    ['somewhere in the second of the question', 400, 1_400, 0],
    ['before the question', 200, 900, -100],
    ['after the answer', 1_250, 2_250, 150],
  ])('an instant %s', (_, earliestMs, latestMs, skewMs) => {
    const asked = { who: 'Redis', askedAt: 1_000, answeredAt: 1_100 }
    expect(skewOf({ ...asked, earliestMs, latestMs })).toBe(skewMs)
  })
})

describe('a diagnosis', () => {
  const holds = createCheck({
    name: 'holds',
    must: '',
    mend: '',
    inspect: async () => 'seen',
    judge: (found) => ({ found, shortfalls: [] }),
  })

  it('calls a look that fails unknown, in words, and nothing healthy beside it', async () => {
    const fails = createCheck({
      name: 'fails',
      must: 'it answers',
      mend: 'look there',
      inspect: () => Promise.reject(new Error('outer', { cause: new Error('refused') })),
      judge: () => ({ found: '', shortfalls: [] }),
    })
    const options = { clock: simulatedClock(), checkTimeoutMs: 1_000, signal }
    const { healthy, findings } = await diagnose({ ...options, checks: [fails], last: holds })
    expect(healthy).toBe(false)
    expect(findings).toEqual([
      {
        check: 'fails',
        verdict: 'unknown',
        error: 'outer: refused',
        must: 'it answers',
        mend: 'look there',
      },
      { check: 'holds', verdict: 'ok', found: 'seen' },
    ])
  })

  it('waits for no look longer than it may take, and ends it', async () => {
    const clock = simulatedClock()
    const looking = Promise.withResolvers<AbortSignal>()
    const hangs: Check = {
      name: 'hangs',
      look: (given) => {
        looking.resolve(given)
        return new Promise(() => undefined)
      },
    }
    const made = diagnose({ clock, checkTimeoutMs: 20_000, signal, checks: [hangs, holds] })
    const given = await looking.promise
    await clock.advance(20_000)
    expect((await made).findings).toMatchObject([
      { check: 'hangs', verdict: 'unknown', error: 'no answer within 20 s' },
      { check: 'holds', verdict: 'ok' },
    ])
    expect(given.aborted).toBe(true)
  })
})
