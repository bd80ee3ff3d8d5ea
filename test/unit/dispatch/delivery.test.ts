import { describe, expect, test } from 'vitest'
import { objectNames, UnavailableError } from '../../../src/kernel/index.ts'
import { acceptedJob, worldAfterFlush } from '../../support/accepted-job.ts'
import { failing } from '../../support/failing.ts'
import { toneName, tones } from '../../support/tones.ts'
import type { World } from '../../support/world.ts'

const status = async (world: World, jobId: Parameters<World['records']['read']>[0]) =>
  (await world.records.read(jobId))?.status

describe('a delivery', () => {
  test('runs the job to its end and leaves nothing staged (I6, I11)', async () => {
    const { world, jobId } = await acceptedJob()
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
    const { world, jobId } = await acceptedJob()
    await world.deliver(jobId)
    const before = world.calls.length
    expect(await world.deliver(jobId)).toMatchObject({
      status: 200,
      body: { result: 'acked', job_status: 'completed' },
    })
    expect(world.calls).toHaveLength(before)
  })

  test('without a proven caller is refused and touches nothing (I10, F18)', async () => {
    const { world, jobId } = await acceptedJob({
      deps: {
        verifier: { verifyCaller: async () => ({ kind: 'rejected', reason: 'bad_signature' }) },
      },
    })
    expect(await world.deliver(jobId)).toMatchObject({ status: 403 })
    expect(await status(world, jobId)).toBe('queued')
    expect(world.calls).toEqual([])
  })

  test('F19: keys that cannot be fetched are a 500, not a refusal, and the job is not failed by it', async () => {
    const { world, jobId } = await acceptedJob({
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
    const { world, jobId } = await acceptedJob({
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
    const { world, jobId } = await acceptedJob()
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
    const { world, jobId } = await acceptedJob()
    expect(await world.deliver(jobId, { body: '{"schema_version":9}' })).toMatchObject({
      status: 500,
    })
    expect(await world.deliver(jobId, { body: 'garbage' })).toMatchObject({
      status: 200,
      body: { result: 'dropped', reason: 'invalid_payload' },
    })
  })

  test('F21: whose manifest belongs to another job is dropped', async () => {
    const { world, jobId } = await acceptedJob()
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
    const { world, jobId } = await acceptedJob()
    const fresh = worldAfterFlush(world)
    expect(await fresh.deliver(jobId)).toMatchObject({
      status: 200,
      body: { result: 'done', job_status: 'completed' },
    })
    expect(await fresh.texts()).toHaveLength(3)
  })

  test('is answered by the outcome when the job has ended', async () => {
    const { world, jobId } = await acceptedJob()
    await world.deliver(jobId)
    const calls = world.calls.length
    const fresh = worldAfterFlush(world)
    expect(await fresh.deliver(jobId)).toMatchObject({
      body: { result: 'acked', job_status: 'completed' },
    })
    expect(fresh.calls).toHaveLength(0)
    expect(world.calls).toHaveLength(calls)
  })

  test('F63: finishes the clean-up that the ended job still owes (I11)', async () => {
    const { world, jobId } = await acceptedJob({
      objects: (objects) =>
        failing(objects, {
          on: 'delete',
          error: () => new UnavailableError('503', { party: 'gcs' }),
        }),
    })
    await world.deliver(jobId)
    expect(await world.names('staging/')).not.toEqual([])
    const fresh = worldAfterFlush(world)
    expect(await fresh.deliver(jobId)).toMatchObject({ status: 200, body: { result: 'acked' } })
    expect(await world.names('staging/')).toEqual([])
  })

  test('F51: is dropped when neither manifest nor outcome exists', async () => {
    const { world, jobId } = await acceptedJob()
    for (const name of await world.names('staging/')) await world.memory.delete(name)
    expect(await worldAfterFlush(world).deliver(jobId)).toMatchObject({
      status: 200,
      body: { result: 'dropped', reason: 'job_expired' },
    })
  })
})
