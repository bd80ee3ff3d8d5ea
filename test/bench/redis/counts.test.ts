import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { redisForTests } from '../../support/redis.ts'
import { WORKLOAD } from '../scale/workload.ts'
import { sizesOfLives } from './bytes.ts'
import { sumOf } from './count-commands.ts'
import { ourLife } from './job-life.ts'

const redis = redisForTests()
const clock = systemClock()

describe('a job', () => {
  test('takes 17 trips to Redis when ten segments land one by one: one a mark, seven for the rest', async () => {
    const { trips } = await ourLife(redis.url, clock, 'one by one')
    expect(sumOf(trips)).toBeLessThanOrEqual(17)
    // The scale model counts alike.
    expect(sumOf(trips) - 10 + WORKLOAD.segments).toBe(WORKLOAD.redisTrips)
  })

  test('takes six when there is nothing to do in it', async () => {
    const { trips } = await ourLife(redis.url, clock, 'one by one', { segments: 0 })
    expect(sumOf(trips)).toBe(6)
  })

  test('takes one more when it owes summaries: it leaves the due index once they are announced', async () => {
    const { trips } = await ourLife(redis.url, clock, 'one by one', { owesSummaries: true })
    expect(sumOf(trips)).toBe(18)
  })

  test('takes at most 12 when they land five at once', async () => {
    const { trips, inner } = await ourLife(redis.url, clock, 'together')
    expect(sumOf(trips)).toBeLessThanOrEqual(12)
    expect(sumOf(trips) + sumOf(inner)).toBeLessThanOrEqual(106)
  })
})

describe('a record', () => {
  test('is a listpack at every moment of its life, however long the error, and owes nothing at the end', async () => {
    const sizes = await sizesOfLives(redis.url, clock)
    const records = sizes.filter(({ kind }) => kind === 'job')
    expect(records.map(({ moment }) => moment)).toEqual(
      expect.arrayContaining(['running', 'failed once', 'completed', 'failed for good']),
    )
    expect(records.filter(({ encoding }) => encoding !== 'listpack')).toEqual([])
    expect(sizes.filter(({ kind }) => kind === 'due entry after the end')).toEqual([])
    const ended = sizes.filter(({ moment }) => moment === 'completed')
    const bytes = ended.reduce((sum, one) => sum + one.bytes, 0)
    expect(bytes).toBeLessThanOrEqual(WORKLOAD.redisBytesPerJob * 1.05)
  })
})
