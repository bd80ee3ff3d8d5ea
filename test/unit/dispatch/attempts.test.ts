import { describe, expect, test } from 'vitest'
import {
  BusyError,
  objectNames,
  RetryableError,
  RunAbortedError,
  TerminalError,
} from '../../../src/kernel/index.ts'
import { acceptedJob } from '../../support/accepted-job.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'

const status = async (world: World, jobId: Parameters<World['records']['read']>[0]) =>
  (await world.records.read(jobId))?.status

describe('a failing attempt', () => {
  test('keeps what landed, gives the job back and asks for another delivery', async () => {
    let broken = true
    const { world, jobId } = await acceptedJob({
      transcribe: async ({ pcm }) => {
        if (broken && pcm.includes(200))
          throw new RetryableError('flaky', { reasonCode: 'stt_upstream_error' })
        return { text: `tone ${Math.max(...pcm)}`, words: [] }
      },
    })
    expect(await world.deliver(jobId, { retryCount: 0 })).toMatchObject({
      status: 500,
      body: { result: 'retry' },
    })
    expect(await world.records.read(jobId)).toMatchObject({
      status: 'queued',
      waitingFor: 'retry',
      fruitlessAttempts: 0,
      segments: { successful: 2 },
    })
    expect(await world.names('staging/')).not.toEqual([])
    broken = false
    const before = world.calls.length
    expect(await world.deliver(jobId, { retryCount: 1 })).toMatchObject({
      body: { result: 'done' },
    })
    expect(world.calls.length - before).toBe(1)
    expect(await world.texts()).toEqual([['tone 300'], ['tone 200'], ['tone 100']])
  })

  test('F42: is never the last word of its task: the final delivery moves to the next generation', async () => {
    const { world, jobId } = await acceptedJob({ transcribe: fails })
    expect(await world.deliver(jobId, { retryCount: 4 })).toMatchObject({
      status: 200,
      body: { result: 'continued', generation: 1 },
    })
    expect(await world.queue.find('fresh', `${jobId}-g1`)).toBe('live')
  })

  test('is landed when the attempts without progress are spent, with what was lost told', async () => {
    const { world, jobId } = await acceptedJob({ transcribe: fails })
    for (let i = 0; i < 4; i += 1) await world.deliver(jobId, { retryCount: i })
    expect(await world.deliver(jobId, { retryCount: 4 })).toMatchObject({
      status: 200,
      body: { result: 'failed_final', job_status: 'failed' },
    })
    const record = await world.records.read(jobId)
    expect(record).toMatchObject({
      outcome: { reasonCode: 'stt_upstream_error', segments: { total: 3, failed: 3 } },
    })
    expect(await world.names('staging/')).toEqual([])
  })

  test('F68: that each land something go on, however many there were and whatever the queue counts', async () => {
    const SEGMENTS = 6
    let landing = 0
    const world = createWorld({
      transcribe: async ({ pcm }) => {
        if (Math.max(...pcm) > landing) throw new RetryableError('not yet')
        return { text: `tone ${Math.max(...pcm)}`, words: [] }
      },
    })
    const files = Array.from({ length: SEGMENTS }, (_, n) => {
      const name = toneName(world.clock.now() - (n + 1) * 1_000_000)
      return [name, tones([n + 1, 3])] as const
    })
    const { jobId } = await world.upload(Object.fromEntries(files))
    let generation = 0
    for (landing = 1; landing < SEGMENTS; landing += 1) {
      const retryCount = (landing - 1) % 5
      const answer = await world.deliver(jobId, { generation, retryCount })
      expect(answer.body).toMatchObject({ result: retryCount === 4 ? 'continued' : 'retry' })
      if (retryCount === 4) generation += 1
      expect(await world.records.read(jobId)).toMatchObject({
        ...{ status: 'queued', fruitlessAttempts: 0, attempt: landing },
        segments: { successful: landing },
      })
    }
    expect(await world.deliver(jobId, { generation, retryCount: 4 })).toMatchObject({
      body: { result: 'done', job_status: 'completed' },
    })
  })

  test('F52: of a revision that does not know the plan is given back, and spends nothing', async () => {
    const { world, jobId } = await acceptedJob({
      objects: (objects) => ({
        ...objects,
        read: async (name, signal) =>
          name.startsWith('plans/')
            ? { bytes: Buffer.from('{"schemaVersion":2}'), generation: '1' }
            : objects.read(name, signal),
      }),
    })
    for (let retryCount = 0; retryCount < 4; retryCount += 1) {
      expect(await world.deliver(jobId, { retryCount })).toMatchObject({ status: 500 })
    }
    expect(await world.records.read(jobId)).toMatchObject({
      ...{ status: 'queued', attempt: 0, fruitlessAttempts: 0 },
    })
  })

  test('F22: an unknown retry count never reads as final', async () => {
    const { world, jobId } = await acceptedJob({ transcribe: fails })
    expect(await world.deliver(jobId)).toMatchObject({ status: 500 })
  })
})

describe('what the provider says', () => {
  test('F36: "later" snoozes the job, spends no attempt and keeps what landed', async () => {
    const { world, jobId } = await acceptedJob({
      transcribe: async ({ pcm }) => {
        if (pcm.includes(200)) throw new BusyError('429', { retryAfterMs: 45_000 })
        return { text: 'heard', words: [] }
      },
    })
    expect(await world.deliver(jobId)).toMatchObject({
      status: 200,
      body: { result: 'snoozed', generation: 1 },
    })
    expect(await world.records.read(jobId)).toMatchObject({
      status: 'queued',
      attempt: 0,
      waitingFor: 'capacity',
      retryAt: world.clock.now() + 45_000,
      segments: { successful: 2 },
    })
  })

  test('a wrong key ends the job at once with its code', async () => {
    const { world, jobId } = await acceptedJob({
      transcribe: async () => {
        throw new TerminalError('401', { reasonCode: 'stt_configuration_error' })
      },
    })
    expect(await world.deliver(jobId)).toMatchObject({
      status: 200,
      body: { result: 'done', job_status: 'failed' },
    })
    expect(await world.records.read(jobId)).toMatchObject({
      outcome: { reasonCode: 'stt_configuration_error' },
    })
  })

  test('refused audio fails its segment alone (I7)', async () => {
    const { world, jobId } = await acceptedJob({
      transcribe: async ({ pcm }) => {
        if (pcm.includes(200)) throw new TerminalError('415', { reasonCode: 'stt_invalid_input' })
        return { text: 'heard', words: [] }
      },
    })
    expect(await world.deliver(jobId)).toMatchObject({ body: { job_status: 'partial_failure' } })
    expect(await world.records.read(jobId)).toMatchObject({
      outcome: { segments: { successful: 2, failed: 1 } },
    })
  })

  test('empty text is asked for once more, then silence, and no conversation', async () => {
    const { world, jobId } = await acceptedJob({
      transcribe: async () => ({ text: ' ', words: [] }),
    })
    expect(await world.deliver(jobId)).toMatchObject({ body: { job_status: 'completed' } })
    expect(world.calls).toHaveLength(6)
    expect(await world.texts()).toEqual([])
    expect(await world.records.read(jobId)).toMatchObject({ segments: { silent: 3 } })
  })
})

describe('staged audio', () => {
  test('F38: that is gone fails its file with the code, and the other file lands', async () => {
    const { world, jobId } = await acceptedJob()
    await world.memory.delete(objectNames.blob(world.uidHash, jobId, 1))
    expect(await world.deliver(jobId)).toMatchObject({
      status: 200,
      body: { job_status: 'partial_failure' },
    })
    expect(await world.records.read(jobId)).toMatchObject({
      outcome: {
        reasonCode: 'sync_staged_audio_expired',
        segments: { total: 3, successful: 2, failed: 1 },
      },
    })
  })

  test('that holds no frame at all fails the job as unreadable, listed by name', async () => {
    const world = createWorld()
    const name = toneName(world.clock.now() - 1_000_000)
    const { jobId } = await world.upload({ [name]: Uint8Array.of(0, 0, 0, 0, 1) })
    expect(await world.deliver(jobId)).toMatchObject({ body: { job_status: 'failed' } })
    expect(await world.records.read(jobId)).toMatchObject({
      outcome: { reasonCode: 'sync_invalid_audio', errors: [`${name}: no readable audio`] },
    })
  })

  test('in which nobody speaks completes with no segment (F35)', async () => {
    const world = createWorld()
    const { jobId } = await world.upload({
      [toneName(world.clock.now() - 1_000_000)]: tones([0, 5]),
    })
    expect(await world.deliver(jobId)).toMatchObject({ body: { job_status: 'completed' } })
    expect(world.calls).toEqual([])
  })
})

describe('a process that goes away', () => {
  test('F32: at shutdown the job is given back with its attempt, and the next delivery resumes', async () => {
    const stop = new AbortController()
    let landed = 0
    const { world, jobId } = await acceptedJob({
      transcribe: async ({ pcm, signal }) => {
        landed += 1
        if (landed > 1 && !stop.signal.aborted) {
          const aborted = Promise.withResolvers<never>()
          signal.addEventListener('abort', () => aborted.reject(signal.reason))
          return aborted.promise
        }
        return { text: `tone ${Math.max(...pcm)}`, words: [] }
      },
    })
    const run = world.deliver(jobId, { stop: stop.signal })
    await expect.poll(async () => (await world.records.read(jobId))?.segments.successful).toBe(1)
    stop.abort(new RunAbortedError('shutdown'))
    expect(await run).toMatchObject({ status: 500, body: { result: 'retry' } })
    expect(await world.records.read(jobId)).toMatchObject({ status: 'queued', attempt: 0 })
    expect(await world.deliver(jobId)).toMatchObject({ body: { result: 'done' } })
    expect(await world.texts()).toHaveLength(3)
  })

  test('F29: whose claim was taken over writes no more and cleans nothing', async () => {
    const held = Promise.withResolvers<void>()
    const { world, jobId } = await acceptedJob({
      transcribe: async () => {
        await held.promise
        return { text: 'late', words: [] }
      },
    })
    const run = world.deliver(jobId)
    await expect.poll(() => world.calls.length).toBeGreaterThan(0)
    const seen = await world.records.read(jobId)
    if (!seen) throw new Error('no record')
    await world.records.overrideGeneration(jobId, seen, { revival: false, dueInMs: 0 })
    held.resolve()
    expect(await run).toMatchObject({ status: 409, body: { result: 'lease_lost' } })
    expect(await status(world, jobId)).toBe('queued')
    expect(await world.names('staging/')).not.toEqual([])
  })
})

async function fails(): Promise<never> {
  throw new RetryableError('always', { reasonCode: 'stt_upstream_error' })
}
