import { describe, expect, test } from 'vitest'
import {
  BusyError,
  RetryableError,
  RunAbortedError,
  UnavailableError,
} from '../../../src/kernel/index.ts'
import { acceptedJob } from '../../support/accepted-job.ts'
import { failing } from '../../support/failing.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'

type Id = Parameters<World['records']['read']>[0]
const recordOf = async (world: World, jobId: Id) => {
  const record = await world.records.read(jobId)
  if (!record) throw new Error('no record')
  return record
}
const inline = { dispatchMode: 'inline' } as const

describe('an inline job', () => {
  test('is born held, and its claim is kept while it waits for a place (I3)', async () => {
    const held = Promise.withResolvers<void>()
    const world = createWorld({
      ...inline,
      transcribe: async () => {
        await held.promise
        return { text: 'heard', words: [] }
      },
    })
    const jobs: Id[] = []
    for (let n = 1; n <= 3; n += 1) {
      const name = toneName(world.clock.now() - n * 1_000_000)
      jobs.push((await world.upload({ [name]: tones([n, 3]) })).jobId)
    }
    await world.clock.advance(120_000)
    expect(await world.recover()).toMatchObject({ ensured: 0, revived: 0, landed: 0 })
    expect(world.calls).toHaveLength(2)
    for (const jobId of jobs) {
      const record = await recordOf(world, jobId)
      expect(record).toMatchObject({ status: 'processing', attempt: 1 })
      expect('leaseUntil' in record && record.leaseUntil).toBeGreaterThan(world.clock.now())
    }
    held.resolve()
    await world.inline.drained()
    for (const jobId of jobs) expect(await recordOf(world, jobId)).toMatchObject(COMPLETED)
  })

  test('whose attempt fails keeps its claim until the next one, and says what it waits for', async () => {
    let isBroken = true
    const { world, jobId } = await acceptedJob({
      ...inline,
      transcribe: async () => {
        if (isBroken) throw new RetryableError('flaky', { reasonCode: 'stt_upstream_error' })
        return { text: 'heard', words: [] }
      },
    })
    await expect.poll(async () => (await recordOf(world, jobId)).attempt).toBe(2)
    isBroken = false
    expect(await recordOf(world, jobId)).toMatchObject({
      ...{ status: 'processing', fruitlessAttempts: 1, waitingFor: 'retry' },
      reasonCode: 'stt_upstream_error',
    })
    expect(await world.deliver(jobId)).toMatchObject({ status: 409 })
    await world.clock.advance(20_000)
    await world.inline.drained()
    expect(await recordOf(world, jobId)).toMatchObject({ ...COMPLETED, attempt: 2, generation: 0 })
  })

  test('F36: that the provider puts off waits as long as it said, held, and spends no attempt', async () => {
    let isBusy = true
    const { world, jobId } = await acceptedJob({
      ...inline,
      transcribe: async () => {
        if (isBusy) throw new BusyError('429', { retryAfterMs: 3_600_000 })
        return { text: 'heard', words: [] }
      },
    })
    await expect.poll(async () => (await recordOf(world, jobId)).epoch % 1_000).not.toBe(0)
    isBusy = false
    await world.clock.advance(3_500_000)
    expect(await world.recover()).toMatchObject({ ensured: 0, landed: 0 })
    expect(await recordOf(world, jobId)).toMatchObject({
      ...{ status: 'processing', waitingFor: 'capacity', attempt: 1, fruitlessAttempts: 0 },
    })
    await world.clock.advance(110_000)
    await world.inline.drained()
    expect(await recordOf(world, jobId)).toMatchObject({ ...COMPLETED, attempt: 1 })
  })

  test('whose attempts without progress are spent is landed with their code', async () => {
    const { world, jobId } = await acceptedJob({
      ...inline,
      transcribe: async () => {
        throw new RetryableError('always', { reasonCode: 'stt_upstream_error' })
      },
    })
    for (let wait = 0; wait < 5; wait += 1) await world.clock.advance(300_000)
    await world.inline.drained()
    expect(world.calls).toHaveLength(15)
    expect(await recordOf(world, jobId)).toMatchObject({
      ...{ status: 'failed' },
      outcome: { reasonCode: 'stt_upstream_error' },
    })
  })

  test('outlives a short outage of the store as its attempt ends', async () => {
    let isBroken = true
    const { world, jobId } = await acceptedJob({
      ...inline,
      store: (store) =>
        failing(store, {
          on: 'keep',
          times: 3,
          error: () => new UnavailableError('no answer', { party: 'redis' }),
        }),
      transcribe: async () => {
        if (isBroken) throw new RetryableError('flaky')
        return { text: 'heard', words: [] }
      },
    })
    await world.clock.advance(4_000)
    isBroken = false
    await world.clock.advance(20_000)
    await world.inline.drained()
    expect(await recordOf(world, jobId)).toMatchObject({ ...COMPLETED, attempt: 2 })
  })

  test.each(['while it runs', 'while it waits for its next attempt', 'while it waits for a place'])(
    'F32: at shutdown %s is given back at once with its attempt, and is due',
    async (when) => {
      const world = createWorld({
        ...inline,
        transcribe: ({ signal, pcm }) => {
          if (pcm.includes(7)) throw new RetryableError('flaky')
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason))
          })
        },
      })
      const ahead = when.endsWith('a place') ? 2 : 0
      let last: Id | undefined
      for (let n = 0; n <= ahead; n += 1) {
        const name = toneName(world.clock.now() - (n + 1) * 1_000_000)
        const tone = when.endsWith('attempt') ? 7 : 8
        last = (await world.upload({ [name]: tones([tone, 3]) })).jobId
      }
      if (!last) throw new Error('no job')
      const calls = ahead === 0 ? 1 : 2
      await expect.poll(() => world.calls.length).toBe(calls)
      await world.clock.advance(1_000)
      const before = await recordOf(world, last)
      world.stop.abort(new RunAbortedError('shutdown'))
      await world.inline.drained()
      expect(await recordOf(world, last)).toMatchObject({
        ...{ status: 'queued', attempt: before.attempt - 1 },
        fruitlessAttempts: before.fruitlessAttempts,
      })
      expect(await world.recover()).toMatchObject({ ensured: ahead + 1 })
      expect(await world.tasks.find('fresh', last)).toBe('live')
    },
  )
})

const COMPLETED = { status: 'completed', settled: true }
