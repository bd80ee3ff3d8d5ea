import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { holdClaim } from '../../../src/jobs/index.ts'
import { LeaseLostError, newJobId, UnavailableError } from '../../../src/kernel/index.ts'
import type { Claim, HolderResult } from '../../../src/ports/index.ts'
import { simulatedClock } from '../../support/simulated-clock.ts'

const claim: Claim = {
  jobId: newJobId(randomBytes(16), 0),
  token: 't',
  epoch: 1,
  generation: 0,
  attempt: 1,
  leaseMs: 15_000,
}
const times = { renewMs: 5_000, stopMarginMs: 3_000, unansweredAbortMs: 60_000 }

function hold(renew: () => Promise<HolderResult>) {
  const clock = simulatedClock()
  const held = holdClaim({ store: { renew }, clock, times }, claim, clock.monotonicMs())
  return { clock, held }
}

/** True when the promise has not settled by the time every queued step is done. */
async function pending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = () => {
    settled = true
  }
  promise.then(note, note)
  await new Promise((resolve) => setImmediate(resolve))
  return !settled
}

describe('a held claim', () => {
  test('is renewed every five seconds and trusted all the while', async () => {
    let renewals = 0
    const { clock, held } = hold(async () => {
      renewals += 1
      return 'ok'
    })
    await clock.advance(60_000)
    await held.trusted()
    expect(renewals).toBe(12)
    await held[Symbol.asyncDispose]()
    expect(clock.sleeping).toBe(0)
  })

  test('I3: past its trust window it starts nothing until a renewal succeeds (F28)', async () => {
    let reachable = false
    const { clock, held } = hold(async () => {
      if (!reachable) throw new UnavailableError('down', { party: 'redis' })
      return 'ok'
    })
    await clock.advance(11_999)
    expect(await pending(held.trusted())).toBe(false)
    await clock.advance(1)
    const trusted = held.trusted()
    expect(await pending(trusted)).toBe(true)
    reachable = true
    await clock.advance(1_000)
    await trusted
    expect(held.signal.aborted).toBe(false)
    await held[Symbol.asyncDispose]()
  })

  test('F29: a refused renewal aborts the run, and whoever waits for trust', async () => {
    const { clock, held } = hold(async () => 'lost')
    await clock.advance(5_000)
    expect(held.signal.reason).toBeInstanceOf(LeaseLostError)
    await expect(held.trusted()).rejects.toBeInstanceOf(LeaseLostError)
    await held[Symbol.asyncDispose]()
  })

  test('F28: sixty seconds without an answer give the run up', async () => {
    const { clock, held } = hold(async () => {
      throw new UnavailableError('down', { party: 'redis' })
    })
    const trusted = held.trusted()
    await trusted
    await clock.advance(59_000)
    expect(held.signal.aborted).toBe(false)
    await clock.advance(2_000)
    expect(held.signal.reason).toBeInstanceOf(LeaseLostError)
    await held[Symbol.asyncDispose]()
  })

  test('a write that the store refuses aborts the run', async () => {
    const { held } = hold(async () => 'ok')
    await expect(held.write(async () => 'lost')).rejects.toBeInstanceOf(LeaseLostError)
    expect(held.signal.aborted).toBe(true)
    await held[Symbol.asyncDispose]()
  })

  test('F29: a jump of the wall clock moves no trust window', async () => {
    const { clock, held } = hold(() => new Promise(() => undefined))
    clock.jumpWall(-3_600_000)
    await clock.advance(11_999)
    expect(await pending(held.trusted())).toBe(false)
    clock.jumpWall(7_200_000)
    expect(await pending(held.trusted())).toBe(false)
    await clock.advance(1)
    expect(await pending(held.trusted())).toBe(true)
  })
})
