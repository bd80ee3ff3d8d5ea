import { describe, expect, test } from 'vitest'
import { BusyError, objectNames, RetryableError, TerminalError } from '../../../src/kernel/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World, type WorldOptions } from '../../support/world.ts'

const START_AGO_MS = 60 * 60 * 1_000

/** A world with one accepted job of two files, one of them with two segments. */
async function accepted(options: WorldOptions = {}) {
  const world = createWorld(options)
  const start = world.clock.now() - START_AGO_MS
  const job = await world.upload({
    [toneName(start)]: tones([100, 3], [0, 130], [200, 3]),
    [toneName(start + 1_000_000)]: tones([300, 3]),
  })
  return { world, jobId: job.jobId }
}

const status = async (world: World, jobId: Parameters<World['records']['read']>[0]) =>
  (await world.records.read(jobId))?.status

describe('a delivery', () => {
  test('runs the job to its end and leaves nothing staged (I6, I11)', async () => {
    const { world, jobId } = await accepted()
    const answer = await world.deliver(jobId)
    expect(answer).toEqual({ status: 200, body: { result: 'done', job_status: 'completed' } })
    expect(await world.names('staging/')).toEqual([])
    expect(await world.texts()).toEqual([['tone 300'], ['tone 200'], ['tone 100']])
    const record = await world.records.read(jobId)
    expect(record).toMatchObject({
      status: 'completed',
      settled: true,
      segments: { total: 3, successful: 3, silent: 0, failed: 0 },
    })
  })

  test('that comes again finds the end and has no effect (F40)', async () => {
    const { world, jobId } = await accepted()
    await world.deliver(jobId)
    const before = world.calls.length
    expect(await world.deliver(jobId)).toMatchObject({
      status: 200,
      body: { result: 'acked', job_status: 'completed' },
    })
    expect(world.calls).toHaveLength(before)
  })

  test('without a proven caller is refused and touches nothing (I10, F18)', async () => {
    const { world, jobId } = await accepted({
      deps: {
        verifier: { verifyCaller: async () => ({ kind: 'rejected', reason: 'bad_signature' }) },
      },
    })
    expect(await world.deliver(jobId)).toMatchObject({ status: 403 })
    expect(await status(world, jobId)).toBe('queued')
    expect(world.calls).toEqual([])
  })

  test('F19: keys that cannot be fetched are a 500, not a refusal, and the job is not failed by it', async () => {
    const { world, jobId } = await accepted({
      deps: {
        verifier: {
          verifyCaller: async () => ({ kind: 'unavailable', reason: 'certificates_timeout' }),
        },
      },
    })
    expect(await world.deliver(jobId)).toMatchObject({
      status: 500,
      body: { result: 'certificates_unavailable' },
    })
    expect(await status(world, jobId)).toBe('queued')
  })

  test('F23: two at once are one run, and the loser is told 409', async () => {
    const held = Promise.withResolvers<void>()
    const { world, jobId } = await accepted({
      transcribe: async () => {
        await held.promise
        return { text: 'heard', words: [] }
      },
    })
    const first = world.deliver(jobId)
    await expect.poll(() => world.calls.length).toBeGreaterThan(0)
    expect(await world.deliver(jobId)).toEqual({ status: 409, body: { result: 'locked' } })
    held.resolve()
    expect((await first).body).toMatchObject({ result: 'done' })
  })

  test('F24: of an older generation is acknowledged without effect', async () => {
    const { world, jobId } = await accepted()
    const record = await world.records.read(jobId)
    if (!record) throw new Error('no record')
    await world.records.overrideGeneration(jobId, record, { revival: false, dueInMs: 0 })
    expect(await world.deliver(jobId, { generation: 0 })).toMatchObject({
      status: 200,
      body: { result: 'stale_generation', current: 1 },
    })
    expect(world.calls).toEqual([])
  })

  test('F52: of a newer schema is kept for a newer revision; garbage is dropped', async () => {
    const { world, jobId } = await accepted()
    expect(await world.deliver(jobId, { body: '{"schema_version":9}' })).toMatchObject({
      status: 500,
    })
    expect(await world.deliver(jobId, { body: 'garbage' })).toMatchObject({
      status: 200,
      body: { result: 'dropped', reason: 'invalid_payload' },
    })
  })

  test('F21: whose manifest belongs to another job is dropped', async () => {
    const { world, jobId } = await accepted()
    const other = await world.upload({ [toneName(world.clock.now() - 5_000_000)]: tones([1, 2]) })
    const body = JSON.stringify({
      schema_version: 1,
      job_id: jobId,
      uid_shard: Number.parseInt(jobId.slice(-2), 16),
      generation: 0,
      manifest: objectNames.manifest(world.uidHash, other.jobId),
    })
    expect(await world.deliver(jobId, { body })).toMatchObject({
      body: { reason: 'invalid_payload' },
    })
  })
})

describe('a delivery whose record is gone', () => {
  test('F15, F56: rebuilds it from the manifest and runs', async () => {
    const { world, jobId } = await accepted()
    const fresh = createWorldOn(world)
    expect(await fresh.deliver(jobId)).toMatchObject({
      status: 200,
      body: { result: 'done', job_status: 'completed' },
    })
    expect(await fresh.texts()).toHaveLength(3)
  })

  test('is answered by the outcome when the job has ended', async () => {
    const { world, jobId } = await accepted()
    await world.deliver(jobId)
    const calls = world.calls.length
    const fresh = createWorldOn(world)
    expect(await fresh.deliver(jobId)).toMatchObject({
      body: { result: 'acked', job_status: 'completed' },
    })
    expect(fresh.calls).toHaveLength(0)
    expect(world.calls).toHaveLength(calls)
  })

  test('F51: is dropped when neither manifest nor outcome exists', async () => {
    const { world, jobId } = await accepted()
    for (const name of await world.names('staging/')) await world.memory.delete(name)
    expect(await createWorldOn(world).deliver(jobId)).toMatchObject({
      status: 200,
      body: { result: 'dropped', reason: 'job_expired' },
    })
  })
})

describe('a failing attempt', () => {
  test('keeps what landed, gives the job back and asks for another delivery', async () => {
    let broken = true
    const { world, jobId } = await accepted({
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
    const { world, jobId } = await accepted({ transcribe: fails })
    expect(await world.deliver(jobId, { retryCount: 4 })).toMatchObject({
      status: 200,
      body: { result: 'continued', generation: 1 },
    })
    expect(await world.queue.find('fresh', `${jobId}-g1`)).toBe('live')
  })

  test('is landed when the attempts without progress are spent, with what was lost told', async () => {
    const { world, jobId } = await accepted({ transcribe: fails })
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

  test('F22: an unknown retry count never reads as final', async () => {
    const { world, jobId } = await accepted({ transcribe: fails })
    expect(await world.deliver(jobId)).toMatchObject({ status: 500 })
  })
})

describe('what the provider says', () => {
  test('F36: "later" snoozes the job, spends no attempt and keeps what landed', async () => {
    const { world, jobId } = await accepted({
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
    const { world, jobId } = await accepted({
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
    const { world, jobId } = await accepted({
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
    const { world, jobId } = await accepted({ transcribe: async () => ({ text: ' ', words: [] }) })
    expect(await world.deliver(jobId)).toMatchObject({ body: { job_status: 'completed' } })
    expect(world.calls).toHaveLength(6)
    expect(await world.texts()).toEqual([])
    expect(await world.records.read(jobId)).toMatchObject({ segments: { silent: 3 } })
  })
})

describe('staged audio', () => {
  test('F38: that is gone fails its file with the code, and the other file lands', async () => {
    const { world, jobId } = await accepted()
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
    const { world, jobId } = await accepted({
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
    stop.abort(new (await import('../../../src/kernel/index.ts')).RunAbortedError('shutdown'))
    expect(await run).toMatchObject({ status: 500, body: { result: 'retry' } })
    expect(await world.records.read(jobId)).toMatchObject({ status: 'queued', attempt: 0 })
    expect(await world.deliver(jobId)).toMatchObject({ body: { result: 'done' } })
    expect(await world.texts()).toHaveLength(3)
  })

  test('F29: whose claim was taken over writes no more and cleans nothing', async () => {
    const held = Promise.withResolvers<void>()
    const { world, jobId } = await accepted({
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

/** The same objects with an empty job store: Redis was flushed. */
function createWorldOn(world: World): World {
  return createWorld({ objects: () => world.memory })
}
