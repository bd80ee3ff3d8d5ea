import { describe, expect, test } from 'vitest'
import { jobIdSchema } from '../../src/kernel/index.ts'
import type { JobStore } from '../../src/ports/index.ts'
import { createWorld } from '../support/world.ts'
import { at, createGate, gated } from './gates.ts'
import {
  accepted,
  cuttableRenewals,
  filesOf,
  LEASE_OVER_MS,
  parkedHolder,
  recordOf,
  STEPS,
  snapshot,
} from './rig.ts'

describe('a second delivery', () => {
  test.each(STEPS.slice(0, 6))(
    'while the first %s: is told 409 and has no effect (I3, F23)',
    async (_, step) => {
      const { world, jobId, run, gate, renewals } = await parkedHolder(step)
      renewals.cut = false
      const before = await snapshot(world, jobId)
      const calls = world.calls.length
      expect(await world.deliver(jobId)).toEqual({ status: 409, body: { result: 'locked' } })
      expect(await snapshot(world, jobId)).toEqual(before)
      expect(world.calls).toHaveLength(calls)
      gate.open()
      expect(await run).toMatchObject({ status: 200, body: { job_status: 'completed' } })
    },
  )

  test.each(STEPS.slice(7))(
    'of a terminal job whose first one %s: finishes what is owed (I11, F40, F41)',
    async (_, step) => {
      const { world, jobId, run, gate } = await parkedHolder(step)
      const calls = world.calls.length
      await world.clock.advance(LEASE_OVER_MS)
      expect(await world.deliver(jobId)).toMatchObject({ status: 200, body: { result: 'acked' } })
      expect(await world.names('staging/')).toEqual([])
      expect(await recordOf(world, jobId)).toMatchObject({ status: 'completed', settled: true })
      expect(world.calls).toHaveLength(calls)
      gate.open()
      expect(await run).toMatchObject({ status: 200 })
    },
  )

  test('of a job that ended long ago is acknowledged and touches nothing (I2, F40)', async () => {
    const { world, jobId } = await accepted()
    await world.deliver(jobId)
    const before = await snapshot(world, jobId)
    for (const retryCount of [0, 4, 99]) {
      expect(await world.deliver(jobId, { retryCount })).toMatchObject({
        status: 200,
        body: { result: 'acked', job_status: 'completed' },
      })
    }
    expect(await snapshot(world, jobId)).toEqual(before)
  })

  test('that comes before its record is visible makes one job of both (F15)', async () => {
    const gate = createGate()
    const world = createWorld({ store: (store) => gated(store, at<JobStore>(gate, 'create')) })
    const upload = world.upload(filesOf(world))
    await gate.reached
    const [staged] = await world.names('staging/')
    const jobId = jobIdSchema.parse(staged?.split('/')[2])
    expect(await world.deliver(jobId)).toMatchObject({ body: { job_status: 'completed' } })
    gate.open()
    expect(await upload).toMatchObject({ jobId })
    expect(await world.deliver(jobId)).toMatchObject({ body: { result: 'acked' } })
    expect(world.calls).toHaveLength(2)
    expect((await world.texts()).flat()).toHaveLength(2)
  })
})

describe('a recovery pass', () => {
  test('during a run that renews its lease leaves it alone (F46)', async () => {
    const { world, jobId, run, gate, renewals } = await parkedHolder(['store', 'mark'])
    renewals.cut = false
    await world.clock.advance(120_000)
    const before = await snapshot(world, jobId)
    expect(await world.recover()).toMatchObject({ revived: 0, ensured: 0, landed: 0 })
    expect(await snapshot(world, jobId)).toEqual(before)
    gate.open()
    expect(await run).toMatchObject({ body: { job_status: 'completed' } })
  })

  test('that saw the lease lapsed gives way to a holder that has renewed it since (F46)', async () => {
    const override = createGate()
    const held = createGate()
    const renewals = cuttableRenewals()
    const { world, jobId } = await accepted({
      store: (store) =>
        renewals.inFront(
          gated(
            store,
            at<JobStore>(override, 'overrideGeneration'),
            at<JobStore>(held, 'beginEnding'),
          ),
        ),
    })
    const run = world.deliver(jobId)
    await held.reached
    world.tasks.purge()
    renewals.cut = true
    await world.clock.advance(LEASE_OVER_MS + 2_000)
    const pass = world.recover()
    await override.reached
    renewals.cut = false
    await world.clock.advance(2_000)
    override.open()
    expect(await pass).toMatchObject({ raced: 1, revived: 0 })
    held.open()
    expect(await run).toMatchObject({ body: { job_status: 'completed' } })
    expect(await recordOf(world, jobId)).toMatchObject({ generation: 0, revivals: 0 })
  })

  test('beside another one revives a job once: one generation, one task (F45)', async () => {
    const gate = createGate(2)
    const { world, jobId } = await accepted({
      store: (store) =>
        gated({ ...store, beginPass: leaseLess }, at<JobStore>(gate, 'overrideGeneration')),
    })
    world.tasks.purge()
    await world.clock.advance(61_000)
    const passes = [world.recover(), world.recover()]
    await gate.reached
    gate.open()
    const counts = await Promise.all(passes)
    expect(counts.map(({ revived, raced }) => [revived, raced]).sort()).toEqual([
      [0, 1],
      [1, 0],
    ])
    expect(world.tasks.live().map(({ task }) => task.name)).toEqual([`${jobId}-g1`])
    expect(await recordOf(world, jobId)).toMatchObject({ generation: 1, revivals: 0 })
  })

  test('that dies between the new generation and its task: the next one creates that very task (F47)', async () => {
    const gate = createGate()
    const { world, jobId } = await accepted({
      store: (store) => gated(store, at<JobStore>(gate, 'overrideGeneration', 'after')),
    })
    world.tasks.purge()
    await world.clock.advance(61_000)
    void world.recover()
    await gate.reached
    await world.clock.advance(61_000)
    expect(await world.recover()).toMatchObject({ ensured: 1 })
    expect(world.tasks.live().map(({ task }) => task.name)).toEqual([`${jobId}-g1`])
    expect(await recordOf(world, jobId)).toMatchObject({ generation: 1 })
  })
})

/** The lease of a shard may lapse under a slow pass: what holds is the comparison in each write. */
const leaseLess: JobStore['beginPass'] = async () => ({ kind: 'taken', lostSince: undefined })

describe('two uploads of the same content', () => {
  test('that both found nobody before them become one job, and one is staged (F5)', async () => {
    const gate = createGate(2)
    const world = createWorld({ store: (store) => gated(store, at<JobStore>(gate, 'create')) })
    const uploads = [world.upload(filesOf(world)), world.upload(filesOf(world))]
    await gate.reached
    expect(await world.names('staging/')).toHaveLength(6)
    gate.open()
    const [first, second] = await Promise.all(uploads)
    expect(first?.jobId).toBe(second?.jobId)
    expect(await world.names('staging/')).toHaveLength(3)
    expect(world.tasks.live()).toHaveLength(1)
  })
})
