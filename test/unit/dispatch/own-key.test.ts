import { describe, expect, test } from 'vitest'
import { BusyError, RunAbortedError, TerminalError } from '../../../src/kernel/index.ts'
import type { SpeechToText } from '../../../src/ports/index.ts'
import { worldAfterFlush } from '../../support/accepted-job.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World, type WorldOptions } from '../../support/world.ts'

type Id = Parameters<World['records']['read']>[0]

/** A job of two segments that runs with its user's key, whatever the mode of the service. */
async function ownKeyJob(transcribe: SpeechToText['transcribe'], options: WorldOptions = {}) {
  const calls = { own: 0 }
  const world = createWorld(options)
  const own: SpeechToText = {
    provider: 'byok:tones',
    transcribe: (request) => {
      calls.own += 1
      return transcribe(request)
    },
  }
  const name = toneName(world.clock.now() - 3_600_000)
  const body = tones([100, 3], [0, 130], [200, 3])
  const { jobId } = await world.upload({ [name]: body }, { ownSpeechToText: own })
  return { world, jobId, calls, again: () => world.upload({ [name]: body }) }
}

const heard: SpeechToText['transcribe'] = async () => ({ text: 'by their key', words: [] })
/** One segment lands, the other is under way until the run is stopped. */
const halfHeard: SpeechToText['transcribe'] = ({ pcm, signal }) =>
  pcm.includes(100)
    ? Promise.resolve({ text: 'by their key', words: [] })
    : new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
const outcomeOf = async (world: World, jobId: Id) => {
  const record = await world.records.read(jobId)
  return record && 'outcome' in record ? record.outcome : record?.status
}
/** Its process is gone: nothing of it goes on, and its lease lapses. */
async function halfDead(options: WorldOptions = {}) {
  const job = await ownKeyJob(halfHeard, options)
  const { world, jobId } = job
  const landed = async () => (await world.records.read(jobId))?.segments.successful
  await expect.poll(landed).toBe(1)
  world.stop.abort(new Error('killed'))
  await world.inline.drained()
  await world.clock.advance(16_000)
  return job
}
const HALF = { successful: 1, failed: 1, total: 2, silent: 0 }

describe("a job with its user's own key", () => {
  test.each(['cloud_tasks', 'inline'] as const)(
    'runs in the accepting process with that key alone, in %s mode',
    async (dispatchMode) => {
      const { world, jobId, calls } = await ownKeyJob(heard, { dispatchMode })
      await world.inline.drained()
      expect(await outcomeOf(world, jobId)).toMatchObject({ status: 'completed' })
      expect([calls.own, world.calls.length, world.tasks.live().length]).toEqual([2, 0, 0])
      const [name = ''] = await world.names('transcripts/')
      const stored = Buffer.from((await world.memory.read(name))?.bytes ?? []).toString()
      expect(JSON.parse(stored)).toMatchObject({ provider: 'byok:tones' })
    },
  )

  test('whose provider refuses the key ends at once with text that says so, and takes nobody with it', async () => {
    const refused = new TerminalError('401', { reasonCode: 'stt_configuration_error' })
    const { world, jobId, again } = await ownKeyJob(async () => Promise.reject(refused))
    await world.inline.drained()
    expect(await outcomeOf(world, jobId)).toMatchObject({
      status: 'failed',
      reasonCode: 'stt_configuration_error',
      error: expect.stringMatching(/refused the key that was sent with the upload/),
    })
    const second = await again()
    expect(second.jobId).not.toBe(jobId)
    expect(await world.deliver(second.jobId)).toMatchObject({ body: { job_status: 'completed' } })
  })

  test('that its provider puts off for too long is landed with the code of the provider', async () => {
    const { world, jobId } = await ownKeyJob(async () => {
      throw new BusyError('429', { retryAfterMs: 600_000 })
    })
    for (let wait = 0; wait < 2; wait += 1) await world.clock.advance(600_000)
    expect(await outcomeOf(world, jobId)).toBe('processing')
    await world.clock.advance(600_000)
    await world.inline.drained()
    expect(await outcomeOf(world, jobId)).toMatchObject({
      ...{ status: 'failed', reasonCode: 'stt_upstream_error' },
      error: 'The speech-to-text provider failed.',
    })
  })

  test('at shutdown is landed with what it has: the key goes with its process (I7)', async () => {
    const { world, jobId, again } = await ownKeyJob(halfHeard)
    const landed = async () => (await world.records.read(jobId))?.segments.successful
    await expect.poll(landed).toBe(1)
    world.stop.abort(new RunAbortedError('shutdown'))
    await world.inline.drained()
    expect(await outcomeOf(world, jobId)).toMatchObject(LOST)
    expect(await world.names('staging/')).toEqual([])
    const second = await again()
    expect(await world.deliver(second.jobId)).toMatchObject({ body: { job_status: 'completed' } })
    expect(world.calls).toHaveLength(1)
  })
})

const LOST = { status: 'partial_failure', reasonCode: 'byok_worker_lost', segments: HALF }

describe("a job whose user's key died with its process", () => {
  test.each([
    ['where there is a queue', {}],
    ['where there is none', { deps: { enqueueing: undefined } }],
  ] as const)('is landed by recovery %s, and run by nobody', async (_, options) => {
    const { world, jobId } = await halfDead(options)
    expect(await world.recover()).toMatchObject({ landed: 1, ensured: 0 })
    expect(await outcomeOf(world, jobId)).toMatchObject(LOST)
    expect([world.calls.length, world.tasks.live().length]).toEqual([0, 0])
    expect(await world.names('staging/')).toEqual([])
  })

  test('is landed by a delivery that claims it', async () => {
    const { world, jobId } = await halfDead()
    expect(await world.deliver(jobId)).toMatchObject({
      body: { result: 'failed_final', job_status: 'partial_failure' },
    })
    expect(await outcomeOf(world, jobId)).toMatchObject(LOST)
    expect(world.calls).toEqual([])
  })

  test('is landed by an instance that takes it over', async () => {
    const { world, jobId } = await halfDead()
    const manifest = await world.archive.readManifest(world.uidHash, jobId)
    if (!manifest) throw new Error('no manifest')
    const other = createWorld({
      ...{ objects: () => world.memory, store: () => world.records },
    })
    expect(await other.inline.takeOver(manifest, 0)).toBe(true)
    await other.inline.drained()
    expect(await outcomeOf(world, jobId)).toMatchObject(LOST)
    expect(other.calls).toEqual([])
  })

  test('and whose record is gone too is rebuilt only to be landed (F56)', async () => {
    const { world, jobId } = await halfDead()
    const fresh = worldAfterFlush(world)
    expect(await fresh.deliver(jobId)).toMatchObject({ body: { job_status: 'partial_failure' } })
    expect(fresh.calls).toEqual([])
    expect(await world.archive.readOutcome(world.uidHash, jobId)).toMatchObject({ outcome: LOST })
  })
})
