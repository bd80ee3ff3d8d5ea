import { describe, expect, test } from 'vitest'
import { type JobId, RetryableError } from '../../../src/kernel/index.ts'
import type { JobStore } from '../../../src/ports/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const LEVELS = Array.from({ length: 20 }, (_, n) => n + 1)
const levelOf = (pcm: Int16Array) => pcm.reduce((most, sample) => Math.max(most, sample), 0)
const lost = () => new RetryableError('lost', { reasonCode: 'stt_upstream_error' })
/** Of twenty segments, those up to this level are heard; the others never are. */
const hearing =
  (upTo: number) =>
  async ({ pcm }: { pcm: Int16Array }) => {
    const level = levelOf(pcm)
    if (level > upTo) throw lost()
    return { text: `tone ${level}`, words: [] }
  }
/** Twenty files of one segment each, every one at its own level. */
const uploadTwenty = (world: World) =>
  world.upload(
    Object.fromEntries(
      LEVELS.map((level) => [
        toneName(world.clock.now() - HOUR_MS - level * 5 * MINUTE_MS),
        tones([level, 3]),
      ]),
    ),
  )

/** Its task is gone after it was claimed, and revivals are none: recovery ends it as it stands. */
async function abandoned(world: World): Promise<JobId> {
  const { jobId } = await uploadTwenty(world)
  for (let time = 0; time < 2; time += 1) await world.deliver(jobId)
  world.tasks.answered('fresh', jobId, 200)
  await world.clock.advance(MINUTE_MS + 1)
  return jobId
}

describe('a job that recovery ends', () => {
  test('F35: 17 of 20 segments landed is a partial failure with 3', async () => {
    const world = createWorld({ transcribe: hearing(17), recovery: { maxRevivals: 0 } })
    const jobId = await abandoned(world)
    expect(await world.recover()).toMatchObject({ landed: 1 })
    expect(await world.records.read(jobId)).toMatchObject({
      status: 'partial_failure',
      outcome: {
        reasonCode: 'sync_worker_lost',
        segments: { total: 20, successful: 17, failed: 3 },
        errors: [expect.any(String), expect.any(String), expect.any(String)],
      },
    })
  })

  test('F35: 2 of 20 is failed, with the whole breakdown', async () => {
    const world = createWorld({ transcribe: hearing(2), recovery: { maxRevivals: 0 } })
    const jobId = await abandoned(world)
    await world.recover()
    const record = await world.records.read(jobId)
    expect(record).toMatchObject({
      status: 'failed',
      outcome: { segments: { total: 20, successful: 2, silent: 0, failed: 18 } },
    })
    if (record?.status !== 'failed') throw new Error('not failed')
    expect(record.outcome.errors).toHaveLength(11)
    expect(record.outcome.errors.at(-1)).toBe('and 8 more')
    const timeline = await world.records.events(jobId)
    const rewrite = timeline.find(({ name }) => name === 'override')
    expect(rewrite?.facts).toMatchObject({
      from: 'queued',
      to: 'processing',
      reason: 'sync_worker_lost',
    })
    expect(
      world.lines.some((line) => line.includes('status_rewritten') && line.includes(jobId)),
    ).toBe(true)
  })

  test('I8: one whose revivals are spent is left alone while its task lives', async () => {
    const world = createWorld({ transcribe: hearing(0), recovery: { maxRevivals: 0 } })
    const { jobId } = await uploadTwenty(world)
    await world.deliver(jobId)
    await world.clock.advance(MINUTE_MS + 1)
    expect(await world.recover()).toMatchObject({ landed: 0, skipped_waiting: 1 })
    expect(await world.records.read(jobId)).toMatchObject({ status: 'queued' })
  })
})

describe('a late worker', () => {
  /** Runs `meanwhile` between recovery's look and its write. */
  const whenOverridden =
    (meanwhile: () => Promise<void>) =>
    (store: JobStore): JobStore => ({
      ...store,
      overrideEnding: async (...args) => {
        await meanwhile()
        return store.overrideEnding(...args)
      },
    })

  test('F46: that finishes during reconciliation makes it raced, and no count is moved', async () => {
    const late = Promise.withResolvers<void>()
    let run: Promise<unknown> = Promise.resolve()
    const world = createWorld({
      recovery: { maxRevivals: 0, jobTimeoutMs: 1, jobStallMs: 10 * MINUTE_MS },
      deps: { times: { budgetMs: HOUR_MS, stallMs: HOUR_MS } },
      transcribe: async ({ pcm }) => {
        await late.promise
        return { text: `tone ${levelOf(pcm)}`, words: [] }
      },
      store: whenOverridden(async () => {
        late.resolve()
        await run
      }),
    })
    const { jobId } = await uploadTwenty(world)
    run = world.deliver(jobId)
    await expect.poll(() => world.calls.length).toBe(5)
    await world.clock.advance(11 * MINUTE_MS)
    expect(await world.recover()).toMatchObject({ raced: 1, landed: 0 })
    expect(await run).toMatchObject({ body: { result: 'done' } })
    expect(await world.records.read(jobId)).toMatchObject({
      status: 'completed',
      outcome: { segments: { total: 20, successful: 20, failed: 0 } },
    })
  })

  test('that comes after the end changes no count (I2)', async () => {
    const late = Promise.withResolvers<void>()
    const world = createWorld({
      recovery: { jobTimeoutMs: 1, jobStallMs: 10 * MINUTE_MS },
      deps: { times: { budgetMs: HOUR_MS, stallMs: HOUR_MS } },
      transcribe: async ({ pcm }) => {
        const level = levelOf(pcm)
        if (level > 2) await late.promise
        return { text: `tone ${level}`, words: [] }
      },
    })
    const { jobId } = await uploadTwenty(world)
    const run = world.deliver(jobId)
    await expect.poll(async () => (await world.records.view(jobId))?.segments.successful).toBe(2)
    await world.clock.advance(11 * MINUTE_MS)
    expect(await world.recover()).toMatchObject({ landed: 1 })
    const ended = await world.records.read(jobId)
    late.resolve()
    expect(await run).toMatchObject({ status: 409 })
    expect(await world.records.read(jobId)).toEqual(ended)
    expect(ended).toMatchObject({
      outcome: { reasonCode: 'sync_job_timeout', segments: { successful: 2, failed: 18 } },
    })
  })
})

describe('the two thresholds', () => {
  /** A provider that never answers, whatever it is told: the run hangs, and renews its lease. */
  const hung = (limits: { jobTimeoutMs: number; jobStallMs: number }) =>
    createWorld({
      recovery: limits,
      deps: { times: { budgetMs: 100 * HOUR_MS, stallMs: 100 * HOUR_MS } },
      transcribe: () => new Promise<never>(() => undefined),
    })

  test('F37: end a run that hangs while its lease lives, and only when both are passed', async () => {
    const world = hung({ jobTimeoutMs: 6 * HOUR_MS, jobStallMs: 30 * MINUTE_MS })
    const { jobId } = await uploadTwenty(world)
    void world.deliver(jobId)
    await expect.poll(() => world.calls.length).toBe(5)
    await world.clock.advance(6 * HOUR_MS - 1)
    expect(await world.recover()).toMatchObject({ landed: 0 })
    await world.clock.advance(MINUTE_MS)
    expect(await world.recover()).toMatchObject({ landed: 1 })
    expect(await world.records.read(jobId)).toMatchObject({
      status: 'failed',
      outcome: {
        reasonCode: 'sync_job_timeout',
        error: expect.stringContaining('worker likely died'),
      },
    })
    world.stop.abort(new Error('over'))
  })

  test('F68: leave long work alone that still lands segments', async () => {
    const world = createWorld({
      recovery: { jobTimeoutMs: MINUTE_MS, jobStallMs: 30 * MINUTE_MS },
      deps: { times: { budgetMs: 100 * HOUR_MS, stallMs: HOUR_MS }, maxFruitlessAttempts: 50 },
      transcribe: async ({ pcm }) => {
        await world.clock.sleep(20 * MINUTE_MS)
        return { text: `tone ${levelOf(pcm)}`, words: [] }
      },
    })
    const { jobId } = await uploadTwenty(world)
    const run = world.deliver(jobId)
    await expect.poll(() => world.calls.length).toBe(5)
    for (let n = 0; n < 9; n += 1) {
      await world.clock.advance(10 * MINUTE_MS)
      expect(await world.recover()).toMatchObject({ landed: 0 })
    }
    expect(await run).toMatchObject({ body: { job_status: 'completed' } })
  })

  test('I8: do not count a backlog, however long, as running', async () => {
    const world = createWorld({
      recovery: { jobTimeoutMs: HOUR_MS, jobStallMs: 30 * MINUTE_MS },
      transcribe: hearing(1),
    })
    const { jobId } = await uploadTwenty(world)
    await world.deliver(jobId)
    for (let day = 0; day < 3; day += 1) {
      await world.clock.advance(24 * HOUR_MS)
      expect(await world.recover()).toMatchObject({ landed: 0, skipped_waiting: 1 })
      await world.deliver(jobId)
      expect(await world.recover()).toMatchObject({ landed: 0 })
    }
    expect(await world.records.read(jobId)).toMatchObject({ status: 'queued' })
  })
})
