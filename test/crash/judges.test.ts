import { describe, expect, it } from 'vitest'
import { jobIdSchema } from '../../src/kernel/index.ts'
import { createCrashProbe } from './crash-probe.ts'
import { judgeCalls } from './judge-calls.ts'
import { judgeOrphans, judgeStaging, type Staging } from './judge-staging.ts'
import { type CallLine, type StepLine, stepLineSchema } from './orders.ts'

const jobId = jobIdSchema.parse('00000000-0000-4000-8000-000000000001')

describe('the judge of provider calls', () => {
  const call = (at: number, what: CallLine['what'], pid = 1): CallLine => ({
    pid,
    at,
    what,
    text: 'a',
  })
  const none: { pid: number; atMs: number }[] = []
  const died = [{ pid: 1, atMs: 4 }]
  const safeAt = (createdMs: number) => [{ text: 'a', createdMs }]

  it('accepts one call, and a second one after a failure', () => {
    expect(judgeCalls([call(1, 'asked'), call(2, 'answered')], none, safeAt(3))).toEqual([])
    const retried = [call(1, 'asked'), call(2, 'failed'), call(3, 'asked'), call(4, 'answered')]
    expect(judgeCalls(retried, none, safeAt(5))).toEqual([])
  })

  it('accepts a second call only of a segment that was in flight when its process died (I4)', () => {
    const calls = [call(1, 'asked'), call(5, 'asked', 2), call(6, 'answered', 2)]
    expect(judgeCalls(calls, died, safeAt(7))).toEqual([])
    expect(judgeCalls(calls, none, safeAt(7))).toHaveLength(1)
    expect(judgeCalls(calls, [{ pid: 1, atMs: 9 }], safeAt(7))).toHaveLength(1)
    expect(judgeCalls(calls, died, safeAt(3))).toHaveLength(1)
  })
})

describe('the judge of staged audio', () => {
  const blob = `staging/u/${jobId}/000.bin`
  const manifestName = `staging/u/${jobId}/manifest.json`
  const truthOf = (part: Partial<Staging>): Staging => ({
    staged: [],
    manifests: [],
    outcomes: [],
    ...part,
  })
  const manifests = [{ jobId, files: [{ object: blob }] }]
  const outcomes = [{ jobId }]

  it('finds a blob or a manifest that went before the outcome was durable (I1, I11)', () => {
    expect(judgeStaging(truthOf({ staged: [manifestName, blob], manifests }), jobId)).toEqual([])
    expect(judgeStaging(truthOf({ staged: [manifestName], manifests }), jobId)).toHaveLength(1)
    expect(judgeStaging(truthOf({ staged: [manifestName], manifests, outcomes }), jobId)).toEqual(
      [],
    )
    expect(judgeStaging(truthOf({ staged: [] }), jobId)).toHaveLength(1)
    expect(judgeStaging(truthOf({ staged: [], outcomes }), jobId)).toEqual([])
  })

  it('calls what is left an orphan only when an upload request died', () => {
    const other = truthOf({ staged: ['staging/u/other/000.bin'] })
    expect(judgeOrphans(other, { jobId, wasCut: true }).orphans).toMatch(/^blobs of the cut upload/)
    expect(judgeOrphans(other, { jobId, wasCut: false }).faults).toHaveLength(1)
    const own = truthOf({ staged: [blob] })
    expect(judgeOrphans(own, { jobId, wasCut: true }).faults).toHaveLength(1)
  })
})

describe('the probe', () => {
  it('dies at the named occurrence and moment, counted since it was armed', async () => {
    const lines: string[] = []
    const deaths: string[] = []
    const note = (line: Pick<StepLine, 'step' | 'moment' | 'n'>) =>
      void lines.push(stepLineSchema.parse({ pid: 1, at: 0, ...line }).moment)
    const { probe, arm } = createCrashProbe({ note, die: () => void deaths.push('now') })
    await probe('mark', 'before')
    arm({ step: 'mark', occurrence: 2, moment: 'after' })
    await probe('mark', 'before')
    await probe('mark', 'after')
    await probe('mark', 'before')
    expect(deaths).toEqual([])
    const stopped = probe('mark', 'after')
    expect(deaths).toHaveLength(1)
    expect(lines.at(-1)).toBe('killed')
    const winner = await Promise.race([stopped, Promise.resolve('still here')])
    expect(winner).toBe('still here')
  })
})
