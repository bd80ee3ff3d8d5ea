import { describe, expect, test } from 'vitest'
import { cancelJob } from '../../src/intake/index.ts'
import { createEndings } from '../../src/jobs/index.ts'
import type { JobId } from '../../src/kernel/index.ts'
import type { JobStore } from '../../src/ports/index.ts'
import type { World } from '../support/world.ts'
import { at, createGate, gated } from './gates.ts'
import { accepted, anotherProcess, parkedHolder, recordOf, STEPS, snapshot } from './rig.ts'

const FREEZES = STEPS.findIndex(([name]) => name === 'freezes the result')

const ALL_TEXT_IS_THERE = ['writes the timeline', 'marks a segment', 'freezes the result']

/** By another process than the one that runs the job. */
function cancelElsewhere(world: World, jobId: JobId) {
  return cancelJob(anotherProcess(world).delivery, world.uidHash, jobId)
}

describe('a cancel during a run', () => {
  test.each(STEPS.slice(0, FREEZES + 1))(
    'that %s: ends the job and fences the run, which changes nothing any more (I2, I3, F44)',
    async (name, step) => {
      const { world, jobId, run, gate } = await parkedHolder(step)
      expect(await cancelElsewhere(world, jobId)).toBe('ended')
      const { status, outcome } = { outcome: undefined, ...(await recordOf(world, jobId)) }
      // Once every text is durable the cancel lands what is not landed yet: completed, and truly so.
      const whole = ALL_TEXT_IS_THERE.includes(name)
      expect(status === 'completed').toBe(whole)
      if (!whole) expect(outcome).toMatchObject({ reasonCode: 'sync_cancelled' })
      expect(await world.names('staging/')).toEqual([])
      const before = await snapshot(world, jobId)
      gate.open()
      await world.clock.advance(6_000)
      expect(await run).toMatchObject({ status: 409 })
      const after = await snapshot(world, jobId)
      // The one object it had in hand is create-only; a re-upload finds and uses it.
      expect({ ...Object(after), names: [], texts: [] }).toEqual({
        ...Object(before),
        names: [],
        texts: [],
      })
      expect(await world.names('staging/')).toEqual([])
    },
  )

  test('is met by the run at its next renewal, without any step of its own (F44)', async () => {
    let aborted = false
    const begun = createGate()
    const { world, jobId } = await accepted({
      transcribe: async ({ signal }) => {
        await begun.arrive()
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true
            reject(signal.reason)
          })
        })
      },
    })
    const run = world.deliver(jobId)
    await begun.reached
    begun.open()
    expect(await cancelJob(world.delivery, world.uidHash, jobId)).toBe('ended')
    await world.clock.advance(5_000)
    expect(aborted).toBe(true)
    expect(await run).toMatchObject({ status: 409, body: { result: 'lease_lost' } })
    expect(await recordOf(world, jobId)).toMatchObject({ status: 'failed', settled: true })
  })

  test('of a job that keeps renewing gets its way: it is never raced for ever', async () => {
    const { world, jobId, run, gate, renewals } = await parkedHolder(['store', 'mark'])
    renewals.cut = false
    const { overrideEnding } = world.records
    let looks = 0
    const busy: JobStore = {
      ...world.records,
      overrideEnding: async (id, seen, outcome) => {
        looks += 1
        await world.clock.advance(5_000)
        return overrideEnding(id, seen, outcome)
      },
    }
    const { endings: _, ...deps } = world.delivery

    const endings = createEndings({
      ...deps,
      ...{ store: busy, conversations: world.conversations, failureThreshold: 0.5 },
    })
    const cancelling = { ...deps, store: busy, endings }
    expect(await cancelJob(cancelling, world.uidHash, jobId)).toBe('ended')
    expect(looks).toBe(5)
    gate.open()
    expect(await run).toMatchObject({ status: 409 })
  })
})

describe('a cancel and the end of a run', () => {
  test.each(STEPS.slice(FREEZES + 1))(
    'that %s: the frozen end is the end, whoever brings it about (I2)',
    async (_, step) => {
      const { world, jobId, run, gate } = await parkedHolder(step)
      expect(await cancelElsewhere(world, jobId)).toBe('ended')
      expect(await recordOf(world, jobId)).toMatchObject({ status: 'completed' })
      const before = await snapshot(world, jobId)
      gate.open()
      expect(await run).toMatchObject({ status: 200, body: { job_status: 'completed' } })
      const after = await snapshot(world, jobId)
      expect(after).toMatchObject({ view: Object(before).view, texts: Object(before).texts })
      expect(await world.names('staging/')).toEqual([])
    },
  )

  test('met by a claim between its look and its write: it looks again and fences that one (I3)', async () => {
    const gate = createGate()
    const held = createGate()
    const { world, jobId } = await accepted({
      store: (store) =>
        gated(store, at<JobStore>(gate, 'overrideEnding'), at<JobStore>(held, 'mark')),
    })
    const cancelled = cancelJob(world.delivery, world.uidHash, jobId)
    await gate.reached
    const run = world.deliver(jobId)
    await held.reached
    gate.open()
    expect(await cancelled).toBe('ended')
    held.open()
    expect(await run).toMatchObject({ status: 409 })
    expect(await recordOf(world, jobId)).toMatchObject({ status: 'failed', attempt: 1 })
    expect(world.calls).toEqual([])
  })

  test('two cancels at once end it once (I2)', async () => {
    const gate = createGate(2)
    const { world, jobId } = await accepted({
      store: (store) => gated(store, at<JobStore>(gate, 'overrideEnding')),
    })
    const cancels = [1, 2].map(() => cancelJob(world.delivery, world.uidHash, jobId))
    await gate.reached
    gate.open()
    expect(await Promise.all(cancels)).toEqual(['ended', 'ended'])
    const events = await world.records.events(jobId)
    expect(events.filter(({ name }) => name === 'finalized')).toHaveLength(1)
    expect(world.lines.filter((line) => line.includes('Status rewritten'))).toHaveLength(1)
  })
})
