import { describe, expect, test } from 'vitest'
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  objectNames,
  type ReasonCode,
  segmentIdSchema,
  TerminalError,
} from '../../../src/kernel/index.ts'
import {
  form,
  type HttpWorld,
  jobOf,
  name,
  post,
  startHttpWorld,
  UPLOAD,
  USER,
} from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'
import { UID } from '../../support/world.ts'

const aSegment = segmentIdSchema.parse('ab'.repeat(20))

const TIGHT = { restrictedDayBudgetMs: MINUTE_MS }
const spent = (world: HttpWorld, speechMs = MINUTE_MS) => ({
  segmentId: aSegment,
  speechMs,
  meteredAt: world.clock.now(),
})
const PAUSED = {
  reason_code: 'sync_repeat_failure_paused',
  retry_after: 86_400,
  error: 'The same audio failed repeatedly and is paused.',
}
const REPEATS = { limit: 3, windowMs: DAY_MS, pauseMs: DAY_MS }

const restrict = (world: HttpWorld) =>
  world.memory.create(
    objectNames.standing(world.uidHash),
    Buffer.from(
      JSON.stringify({
        schemaVersion: 1,
        stage: 'restrict',
        stageUntil: world.clock.now() + 30 * DAY_MS,
        violations: [],
      }),
    ),
    { contentType: 'application/json' },
  )
const read = async (world: HttpWorld, path: string) => {
  const answer = await fetch(world.base + path, { headers: { authorization: USER } })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

describe('a user over the limits', () => {
  test('is refused by 429 with code, reason header, seconds to wait and words (I12)', async () => {
    await using world = await startHttpWorld({ fairUse: { limits: TIGHT } })
    await restrict(world)
    await world.rig?.meter.restore({ uid: UID, uidHash: world.uidHash }, [spent(world)])
    const answer = await post(world, form({ [name(world)]: tones([100, 2]) }))
    expect(answer).toMatchObject({
      status: 429,
      body: {
        code: 'fair_use_restricted',
        detail:
          "Your transcription is limited to 1 minute a day for now, and today's is used up. Your recordings stay on your device and can be uploaded after 2026-06-02 00:00 UTC, in 12 hours.",
      },
    })
    expect(answer.headers.get('retry-after')).toBe('43200')
    expect(answer.headers.get('x-omi-rate-limit-reason')).toBe('fair_use')
    expect(await world.names('staging/')).toEqual([])
    expect(world.lines.some((line) => line.includes('upload_refused'))).toBe(true)
  })

  test('who goes over the ceiling hears how much and until when', async () => {
    await using world = await startHttpWorld({ fairUse: { limits: { ceilingMs: HOUR_MS } } })
    const meteredAt = world.clock.now() - 23.5 * HOUR_MS
    await world.rig?.meter.restore({ uid: UID, uidHash: world.uidHash }, [
      { segmentId: aSegment, speechMs: HOUR_MS, meteredAt },
    ])
    const answer = await post(world, form({ [name(world)]: tones([100, 2]) }))
    expect(answer).toMatchObject({
      status: 429,
      body: { code: 'fair_use_restricted', detail: expect.stringContaining('in 31 minutes') },
    })
    expect(answer.headers.get('retry-after')).toBe(String((31 * MINUTE_MS) / 1_000))
  })

  test('polls a job that ended for the spent budget and reads why and when (I12)', async () => {
    await using world = await startHttpWorld({ fairUse: { limits: TIGHT } })
    await restrict(world)
    await world.rig?.meter.restore({ uid: UID, uidHash: world.uidHash }, [spent(world, 59_000)])
    expect(await post(world, form({ [name(world)]: tones([100, 2]) }))).toMatchObject({
      status: 202,
    })
    const jobId = jobOf(world)
    await world.deliver(jobId)
    expect(await read(world, `${UPLOAD}/${jobId}`)).toMatchObject({
      status: 200,
      body: {
        status: 'failed',
        reason_code: 'sync_transcription_budget_exhausted',
        retry_after: 43_200,
        error: "Today's transcription budget is used up.",
      },
    })
  })

  test('is told the same when the job runs in the accepting process', async () => {
    await using world = await startHttpWorld({
      ...{ fairUse: { limits: TIGHT }, dispatchMode: 'inline' },
    })
    await restrict(world)
    await world.rig?.meter.restore({ uid: UID, uidHash: world.uidHash }, [spent(world, 59_000)])
    const { body } = await post(world, form({ [name(world)]: tones([100, 2]) }))
    await world.inline.drained()
    const seen = await read(world, `${UPLOAD}/${String(body['job_id'])}`)
    expect(seen.body).toMatchObject({
      ...{ status: 'failed', reason_code: 'sync_transcription_budget_exhausted' },
      retry_after: 43_200,
    })
  })

  test('without credits gets conversations that say they are locked', async () => {
    await using world = await startHttpWorld({
      fairUse: { find: async () => ({ tier: 'standard', hasCredits: false }) },
    })
    await post(world, form({ [name(world)]: tones([100, 2]) }))
    await world.deliver(jobOf(world))
    expect(await read(world, '/v2/conversations')).toMatchObject({
      body: { conversations: [{ locked: true }] },
    })
  })

  test('too late with a recording is refused by 422, and is not told to come again', async () => {
    await using world = await startHttpWorld()
    const answer = await post(world, form({ [name(world, 30 * DAY_MS + 1_000)]: tones([100, 2]) }))
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'backfill_lookback_exceeded', detail: 'recorded more than 30 days ago' },
    })
    expect(answer.headers.get('retry-after')).toBeNull()
    expect(await world.names('')).toEqual([])
  })
})

describe('a content that keeps failing alike', () => {
  const refusing = async (reasonCode: () => ReasonCode = () => 'stt_invalid_input') =>
    startHttpWorld({
      repeatFailures: REPEATS,
      transcribe: async () => {
        throw new TerminalError('refused', { reasonCode: reasonCode() })
      },
    })
  const failOnce = async (world: HttpWorld, files: FormData) => {
    const answer = await post(world, files)
    expect(answer.body).toMatchObject({ status: 'queued' })
    await world.deliver(jobOf(world))
  }

  test('three times in a day is paused for a day: 202, ended, nothing staged (I7)', async () => {
    await using world = await refusing()
    const file = name(world)
    const files = () => form({ [file]: tones([100, 2]) })
    for (let i = 0; i < 3; i += 1) await failOnce(world, files())
    const calls = world.calls.length
    const answer = await post(world, files())
    expect(answer).toMatchObject({
      status: 202,
      body: { status: 'failed', poll_after_ms: 0, result: { failed_segments: 1 }, ...PAUSED },
    })
    expect(await read(world, `${UPLOAD}/${answer.body['job_id']}`)).toMatchObject({
      status: 200,
      body: { status: 'failed', ...PAUSED },
    })
    expect(await world.names('staging/')).toEqual([])
    expect(world.tasks.due()).toEqual([])
    expect(world.calls).toHaveLength(calls)
    await world.clock.advance(DAY_MS)
    await failOnce(world, files())
  })

  test('is another content when it is another: its neighbour is accepted', async () => {
    await using world = await refusing()
    const file = name(world)
    for (let i = 0; i < 3; i += 1) await failOnce(world, form({ [file]: tones([100, 2]) }))
    await failOnce(world, form({ [file]: tones([101, 2]) }))
  })

  test('is not paused for failures that differ, nor for those of another day', async () => {
    let turn = 0
    await using world = await refusing(() =>
      turn++ % 2 === 0 ? 'stt_invalid_input' : 'stt_configuration_error',
    )
    const files = () => form({ [file]: tones([100, 2]) })
    const file = name(world)
    for (let i = 0; i < 4; i += 1) await failOnce(world, files())
    await world.clock.advance(DAY_MS)
    for (let i = 0; i < 4; i += 1) await failOnce(world, files())
    await failOnce(world, files())
    expect((await post(world, files())).body).toMatchObject({ status: 'failed' })
  })

  test('is not paused for a budget that was spent: waiting helps there', async () => {
    await using world = await startHttpWorld({
      repeatFailures: REPEATS,
      fairUse: { limits: TIGHT },
    })
    await restrict(world)
    const file = name(world)
    for (let i = 0; i < 4; i += 1) {
      world.rig?.flush()
      await world.rig?.meter.restore({ uid: UID, uidHash: world.uidHash }, [spent(world, 59_000)])
      await failOnce(world, form({ [file]: tones([100, 2]) }))
    }
  })
})
