import { describe, expect, test } from 'vitest'
import { type JobId, RetryableError } from '../../src/kernel/index.ts'
import type { JobStore } from '../../src/ports/index.ts'
import { recoveryPass } from '../../src/recovery/index.ts'
import { findStatus } from '../../src/status/index.ts'
import type { World } from '../support/world.ts'
import { at, createGate, gated } from './gates.ts'
import {
  accepted,
  anotherProcess,
  cuttableRenewals,
  deliverBy,
  LEASE_OVER_MS,
  parkedHolder,
  recordOf,
  STEPS,
  snapshot,
  startsWith,
} from './rig.ts'

const never = new AbortController().signal

describe('a holder that comes late to its next step', () => {
  test.each(STEPS)(
    '%s: changes nothing of what its successor did (I2, I3, I4, F29)',
    async (_, step, status) => {
      const { world, jobId, run, gate, renewals } = await parkedHolder(step)
      await world.clock.advance(LEASE_OVER_MS)
      expect(await deliverBy(anotherProcess(world), world, jobId)).toMatchObject({ status: 200 })
      const before = await snapshot(world, jobId)
      expect(before).toMatchObject({ view: { status: 'completed', segments: { successful: 2 } } })
      gate.open()
      renewals.cut = false
      await world.clock.advance(6_000)
      expect(await run).toMatchObject({ status })
      expect(await snapshot(world, jobId)).toEqual(before)
      expect((await world.texts()).flat()).toHaveLength(2)
      expect(await world.names('staging/')).toEqual([])
    },
  )

  test.each(STEPS)(
    '%s, its effect done and its answer late: the same (I4, F26)',
    async (_, step) => {
      const { world, jobId, run, gate, renewals } = await parkedHolder(step, 'after')
      await world.clock.advance(LEASE_OVER_MS)
      expect(await deliverBy(anotherProcess(world), world, jobId)).toMatchObject({ status: 200 })
      const before = await snapshot(world, jobId)
      expect(before).toMatchObject({ view: { status: 'completed', segments: { successful: 2 } } })
      gate.open()
      renewals.cut = false
      await world.clock.advance(6_000)
      await run
      expect(await snapshot(world, jobId)).toEqual(before)
      expect((await world.texts()).flat()).toHaveLength(2)
    },
  )

  test('gives back a job that its successor has: refused (I3)', async () => {
    let isBroken = true
    const gate = createGate()
    const renewals = cuttableRenewals()
    const { world, jobId } = await accepted({
      store: (store) => renewals.inFront(gated(store, at<JobStore>(gate, 'requeue'))),
      transcribe: async () => {
        if (isBroken) throw new RetryableError('flaky', { reasonCode: 'stt_upstream_error' })
        return { text: `heard by call ${world.calls.length}`, words: [] }
      },
    })
    const run = world.deliver(jobId, { retryCount: 0 })
    await gate.reached
    isBroken = false
    renewals.cut = true
    await world.clock.advance(LEASE_OVER_MS)
    expect(await deliverBy(anotherProcess(world), world, jobId)).toMatchObject({ status: 200 })
    const before = await snapshot(world, jobId)
    gate.open()
    expect(await run).toMatchObject({ status: 409, body: { result: 'lease_lost' } })
    expect(await snapshot(world, jobId)).toEqual(before)
  })
})

describe('a claim that is taken away', () => {
  test('mid-segment: the refused renewal stops the provider call, and nothing is cleaned (I3, F31)', async () => {
    let stopped: unknown
    const { world, jobId } = await accepted({
      transcribe: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            stopped = signal.reason
            reject(signal.reason)
          })
        }),
    })
    const run = world.deliver(jobId)
    await expect.poll(() => world.calls.length).toBe(2)
    const seen = await recordOf(world, jobId)
    await world.records.overrideGeneration(jobId, seen, { revival: false, dueInMs: 0 })
    const before = await snapshot(world, jobId)
    await world.clock.advance(5_000)
    expect(await run).toEqual({ status: 409, body: { result: 'lease_lost' } })
    expect(stopped).toMatchObject({ name: 'LeaseLostError' })
    expect(await snapshot(world, jobId)).toEqual(before)
    expect(await world.names('transcripts/')).toEqual([])
  })

  test('by an override that ends the job: its holder cannot freeze another end (I2, I3)', async () => {
    const { world, jobId, run, gate } = await parkedHolder(['store', 'beginEnding'])
    const seen = await recordOf(world, jobId)
    const manifest = await world.archive.readManifest(world.uidHash, jobId)
    if (!manifest) throw new Error('no manifest')
    const why = { reasonCode: 'sync_operator_failed' } as const
    const outcome = await world.delivery.endings.endSeen(manifest, seen, why)
    expect(outcome).toMatchObject({ status: 'completed', segments: { successful: 2 } })
    const before = await snapshot(world, jobId)
    gate.open()
    expect(await run).toMatchObject({ status: 409 })
    expect(await snapshot(world, jobId)).toEqual(before)
  })

  test('too late, its result is frozen: the override is refused and the client sees no end that is not durable (I2)', async () => {
    const outcomes = startsWith('outcomes/')
    const { world, jobId, run, gate } = await parkedHolder(['objects', 'create', outcomes])
    const seen = await recordOf(world, jobId)
    const manifest = await world.archive.readManifest(world.uidHash, jobId)
    if (!manifest) throw new Error('no manifest')
    const why = { reasonCode: 'sync_operator_failed' } as const
    expect(await world.delivery.endings.endSeen(manifest, seen, why)).toBe('raced')
    expect(await seenBy(world, jobId)).toMatchObject({ status: 'processing' })
    gate.open()
    expect(await run).toMatchObject({ body: { job_status: 'completed' } })
    expect(await seenBy(world, jobId)).toMatchObject({ status: 'completed' })
  })
})

describe('a clock that jumps', () => {
  test.each([3_600_000, -3_600_000])(
    'by %i ms under a worker: its lease and its run do not notice (F20)',
    async (byMs) => {
      let offMs = 0
      const gate = createGate()
      const { world, jobId } = await accepted({
        store: (store) => gated(store, at<JobStore>(gate, 'mark')),
      })
      const worker = anotherProcess(world, () => offMs)
      const run = deliverBy(worker, world, jobId)
      await gate.reached
      offMs = byMs
      await world.clock.advance(60_000)
      expect(await world.deliver(jobId)).toMatchObject({ status: 409 })
      gate.open()
      expect(await run).toMatchObject({ body: { job_status: 'completed' } })
      expect(await recordOf(world, jobId)).toMatchObject({ attempt: 1, status: 'completed' })
    },
  )

  test('an hour ahead under a recovery pass: live work is not due, and is left alone (F46)', async () => {
    const { world, jobId, run, gate, renewals } = await parkedHolder(['store', 'mark'])
    renewals.cut = false
    world.tasks.purge()
    await world.clock.advance(30_000)
    const ahead = anotherProcess(world, () => 3_600_000)
    expect(await recoveryPass(ahead.recovery, never)).toMatchObject({ revived: 0, landed: 0 })
    gate.open()
    expect(await run).toMatchObject({ body: { job_status: 'completed' } })
    expect(await recordOf(world, jobId)).toMatchObject({ generation: 0 })
  })

  test('an hour ahead under the store: the lease is over at once, and its holder is refused (I3, F29)', async () => {
    const { world, jobId, run, gate } = await parkedHolder(['store', 'mark'])
    world.clock.jumpWall(3_600_000)
    expect(await deliverBy(anotherProcess(world), world, jobId)).toMatchObject({ status: 200 })
    const before = await snapshot(world, jobId)
    gate.open()
    expect(await run).toMatchObject({ status: 409 })
    expect(await snapshot(world, jobId)).toEqual(before)
  })
})

async function seenBy({ store, archive, clock, uidHash }: World, jobId: JobId): Promise<unknown> {
  const found = await findStatus({ store, archive, clock, clockSkewMs: 3_000 }, uidHash, jobId)
  return found.kind === 'found' ? found.view : found
}
