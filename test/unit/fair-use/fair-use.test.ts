import { describe, expect, test } from 'vitest'
import {
  BusyError,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  UnavailableError,
} from '../../../src/kernel/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { UID, type World } from '../../support/world.ts'
import {
  caps,
  fileId,
  metered,
  outcomeOf,
  putStanding,
  restricted,
  speak,
  speakAndRun,
  standingOf,
  worldWith,
} from './speaking.ts'

describe('going over a cap', () => {
  test('is a warning, then the slow lane, then a daily budget', async () => {
    const world = worldWith({ limits: { caps: caps(5) } })
    const lanes: string[] = []
    const stages: (string | undefined)[] = []
    for (let day = 0; day < 3; day += 1) {
      const { jobId, lane } = await speak(world, 6)
      lanes.push(lane)
      await world.deliver(jobId)
      stages.push((await standingOf(world))?.stage)
      await world.clock.advance(DAY_MS)
    }
    expect(stages).toEqual(['warning', 'throttle', 'restrict'])
    expect(lanes).toEqual(['fresh', 'fresh', 'backfill'])
    expect((await standingOf(world))?.violations).toHaveLength(3)
  })

  test('is found once, whoever looks at the same time', async () => {
    const world = worldWith({ limits: { caps: caps(1) } })
    const jobs = [await speak(world, 2), await speak(world, 2)]
    await Promise.all(jobs.map(({ jobId }) => world.deliver(jobId)))
    expect((await standingOf(world))?.violations).toHaveLength(1)
  })

  test('is wider for an unlimited subscription, and default when nobody knows', async () => {
    const unlimited = worldWith({
      limits: { caps: caps(5) },
      find: async () => ({ tier: 'unlimited', hasCredits: true }),
    })
    await speakAndRun(unlimited, 6)
    expect(await standingOf(unlimited)).toBeUndefined()
    const unknown = worldWith({
      limits: { caps: caps(5) },
      find: async () => {
        throw new UnavailableError('down', { party: 'subscriptions' })
      },
    })
    await speakAndRun(unknown, 6)
    expect((await standingOf(unknown))?.stage).toBe('warning')
  })
})

describe('a restricted user', () => {
  test('has a budget a UTC day; the job beyond it ends honestly and says when to come again', async () => {
    const world = worldWith({ limits: { restrictedDayBudgetMs: 5_000 } })
    await putStanding(world, restricted(world.clock.now() + 30 * DAY_MS))
    await speakAndRun(world, 3)
    const { jobId, answer } = await speakAndRun(world, 4)
    expect(answer).toMatchObject({ status: 200, body: { job_status: 'failed' } })
    expect(await outcomeOf(world, jobId)).toMatchObject({
      status: 'failed',
      reasonCode: 'sync_transcription_budget_exhausted',
      retryAfterAt: Date.UTC(2026, 5, 2),
      error: "Today's transcription budget is used up.",
    })
    expect(world.calls).toHaveLength(1)
    expect(await metered(world)).toBe(3_000)
    expect(await world.names('staging/')).toEqual([])
  })

  test('keeps what landed before the budget was spent, and gets the rest tomorrow (I4, I7)', async () => {
    const world = worldWith({ limits: { restrictedDayBudgetMs: 5_000 } })
    await putStanding(world, restricted(world.clock.now() + 30 * DAY_MS))
    const files = {
      [toneName(world.clock.now() - HOUR_MS)]: tones([700, 3]),
      [toneName(world.clock.now() - 2 * HOUR_MS)]: tones([701, 3]),
    }
    const first = await world.upload(files)
    await world.deliver(first.jobId)
    expect(await outcomeOf(world, first.jobId)).toMatchObject({
      status: 'partial_failure',
      segments: { successful: 1, failed: 1 },
    })
    await world.clock.advance(13 * HOUR_MS)
    const second = await world.upload(files)
    await world.deliver(second.jobId)
    expect(await outcomeOf(world, second.jobId)).toMatchObject({ status: 'completed' })
    expect(world.calls).toHaveLength(2)
    expect(await metered(world)).toBe(6_000)
  })

  test('is refused at the door once the budget is spent, until the next UTC midnight', async () => {
    const world = worldWith({ limits: { restrictedDayBudgetMs: 3_000 } })
    await putStanding(world, restricted(world.clock.now() + 30 * DAY_MS))
    await speakAndRun(world, 3)
    await expect(speak(world, 1)).rejects.toMatchObject({
      code: 'fair_use_restricted',
      retryAfterMs: 12 * HOUR_MS,
      message: expect.stringContaining('can be uploaded after 2026-06-02 00:00 UTC, in 12 hours'),
    })
    expect(await world.names('staging/')).toEqual([])
    await world.clock.advance(12 * HOUR_MS)
    expect(await speak(world, 1)).toMatchObject({ status: 'queued' })
  })

  test('is judged by a standing that can be read, else by none', async () => {
    const world = worldWith({ limits: { restrictedDayBudgetMs: 0 } })
    await putStanding(world, '{"stage":"restrict"')
    expect((await speakAndRun(world, 3)).answer).toMatchObject({
      body: { job_status: 'completed' },
    })
    expect(world.lines.some((line) => line.includes('fair-use standing'))).toBe(true)
  })

  test('may bring their own key past the budget, not past the meter', async () => {
    const world = worldWith({ limits: { restrictedDayBudgetMs: 0 } })
    await putStanding(world, restricted(world.clock.now() + 30 * DAY_MS))
    const user = { uid: UID, uidHash: world.uidHash }
    const segment = { segmentId: world.naming.segmentId(fileId(world), 0, 1), speechMs: 7 }
    await world.rig?.fairUse.openGate({ ...user, byok: true }).pass(segment)
    expect(await metered(world)).toBe(7)
    expect(await world.rig?.fairUse.admit({ ...user, byok: true })).toMatchObject({
      kind: 'welcome',
    })
    const other = { segmentId: world.naming.segmentId(fileId(world), 0, 2), speechMs: 7 }
    const gate = world.rig?.fairUse.openGate({ ...user, byok: false })
    await expect(gate?.pass(other)).rejects.toMatchObject({
      reasonCode: 'sync_transcription_budget_exhausted',
    })
  })
})

describe('the ceiling', () => {
  test('refuses uploads of any tier until the day has room again', async () => {
    const world = worldWith({
      limits: { ceilingMs: 4_000 },
      find: async () => ({ tier: 'unlimited', hasCredits: true }),
    })
    await speakAndRun(world, 5)
    await world.clock.advance(HOUR_MS)
    await expect(speak(world, 1)).rejects.toMatchObject({
      code: 'fair_use_restricted',
      retryAfterMs: 23 * HOUR_MS + MINUTE_MS,
      message: expect.stringContaining('within 24 hours'),
    })
    await world.clock.advance(23 * HOUR_MS + MINUTE_MS)
    expect(await speak(world, 1)).toMatchObject({ status: 'queued' })
  })

  test('refuses nobody by a meter that was forgotten', async () => {
    const world = worldWith({ limits: { ceilingMs: 4_000 } })
    await speakAndRun(world, 5)
    world.rig?.flush()
    expect(await speak(world, 1)).toMatchObject({ status: 'queued' })
  })
})

describe('credits', () => {
  const lockedOf = async (world: World) =>
    (await world.conversations.list(world.uidHash, { limit: 10 })).map(
      (outline) => outline.members[0]?.partition.locked,
    )

  test('that are used up lock the conversation, also when a later try has some', async () => {
    let hasCredits = false
    let isBusy = true
    const world = worldWith(
      { find: async () => ({ tier: 'standard', hasCredits }) },
      {
        transcribe: async () => {
          if (isBusy) throw new BusyError('later', { retryAfterMs: 1_000 })
          return { text: 'said', words: [] }
        },
      },
    )
    const { jobId } = await speak(world, 3)
    await world.deliver(jobId)
    hasCredits = true
    isBusy = false
    await world.clock.advance(2_000)
    await world.deliver(jobId, { generation: 1 })
    expect(await lockedOf(world)).toEqual([true])
  })

  test('that cannot be asked for are not doubted', async () => {
    const world = worldWith({
      find: async () => {
        throw new UnavailableError('down', { party: 'subscriptions' })
      },
    })
    await speakAndRun(world, 3)
    expect(await lockedOf(world)).toEqual([false])
  })
})
