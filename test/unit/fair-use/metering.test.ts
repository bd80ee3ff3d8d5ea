import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, UnavailableError } from '../../../src/kernel/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld } from '../../support/world.ts'
import { metered, speak, speakAndRun, worldWith } from './speaking.ts'

describe('the meter', () => {
  test('counts speech once, before it is paid for, under retries and re-uploads (I5)', async () => {
    let failures = 2
    const world = worldWith(
      {},
      {
        transcribe: async () => {
          if (failures-- > 0) throw new UnavailableError('no', { party: 'stt' })
          return { text: 'said', words: [] }
        },
      },
    )
    const { jobId } = await speak(world, 3)
    await world.deliver(jobId)
    expect(await metered(world)).toBe(3_000)
    await world.deliver(jobId, { retryCount: 1 })
    await world.deliver(jobId, { retryCount: 2 })
    expect(await metered(world)).toBe(3_000)
  })

  test('does not count what has its transcript, in whatever batch it comes (I5)', async () => {
    const world = worldWith()
    const name = toneName(world.clock.now() - HOUR_MS)
    const body = tones([900, 4])
    const first = await world.upload({ [name]: body })
    await world.deliver(first.jobId)
    const second = await world.upload({
      [name]: body,
      [toneName(world.clock.now() - 2 * HOUR_MS)]: tones([901, 2]),
    })
    await world.deliver(second.jobId)
    expect(await metered(world)).toBe(6_000)
    expect(world.calls).toHaveLength(2)
  })

  test('that was forgotten is restored from the transcripts of its days, at first use', async () => {
    const world = worldWith()
    await speakAndRun(world, 3)
    await world.clock.advance(9 * DAY_MS)
    await speakAndRun(world, 4)
    world.rig?.flush()
    expect(await metered(world)).toBeUndefined()
    await speakAndRun(world, 5)
    expect(await metered(world)).toBe(9_000)
  })

  test('that the store cannot reach fails the attempt, not the job', async () => {
    const world = worldWith({
      meter: (meter) => ({
        ...meter,
        count: async () => {
          throw new UnavailableError('down', { party: 'redis' })
        },
      }),
    })
    const { jobId, answer } = await speakAndRun(world, 3)
    expect(answer.status).toBe(500)
    expect(world.calls).toEqual([])
    expect((await world.records.read(jobId))?.status).toBe('queued')
  })

  test('is left alone while fair use is off', async () => {
    const world = createWorld()
    const { jobId } = await speak(world, 3)
    await world.deliver(jobId)
    expect(await world.names('fair-use/')).toEqual([])
  })
})
