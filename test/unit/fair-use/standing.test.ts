import { describe, expect, test } from 'vitest'
import {
  afterViolation,
  findViolation,
  GOOD_STANDING,
  type Standing,
  stageAt,
} from '../../../src/fair-use/standing.ts'
import { fallsBelowAt, speechSince, speechToday } from '../../../src/fair-use/windows.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/kernel/index.ts'
import { LIMITS } from '../../support/fair-use-rig.ts'

const NOON = Date.UTC(2026, 5, 10, 12)
const caps = LIMITS.caps.standard

/** Hours of speech, each so many hours before `now`. */
const reading = (
  now: number,
  ...speech: readonly (readonly [agoHours: number, hours: number])[]
) => ({
  now,
  buckets: speech
    .map(([agoHours, hours]) => ({
      startMs: Math.floor((now - agoHours * HOUR_MS) / MINUTE_MS) * MINUTE_MS,
      speechMs: hours * HOUR_MS,
    }))
    .sort((a, b) => a.startMs - b.startMs),
})

/** A user who speaks so many hours at noon of each day. */
function daysOf(hours: readonly number[]): Standing[] {
  let standing = GOOD_STANDING
  return hours.map((_, day) => {
    const now = NOON + day * DAY_MS
    const spoken = hours.slice(0, day + 1).map((h, d) => [(day - d) * 24, h] as const)
    const found = findViolation(standing, reading(now, ...spoken), caps, LIMITS)
    if (found) standing = afterViolation(standing, found, LIMITS)
    return standing
  })
}

describe('a violation', () => {
  test('is speech above a cap, not at it', () => {
    const at = (hours: number) =>
      findViolation(GOOD_STANDING, reading(NOON, [1, hours]), caps, LIMITS)
    expect(at(2)).toBeUndefined()
    expect(at(2.1)).toEqual({
      at: NOON,
      window: '24h',
      speechMs: 2.1 * HOUR_MS,
      capMs: 2 * HOUR_MS,
    })
  })

  test('is found in the longer windows too', () => {
    const spread = (days: number, hours: number) =>
      Array.from({ length: days }, (_, i) => [1 + i * 23.9, hours] as const)
    expect(
      findViolation(GOOD_STANDING, reading(NOON, [1, 2], [25, 3.1], [49, 3]), caps, LIMITS),
    ).toMatchObject({ window: '3d' })
    expect(
      findViolation(GOOD_STANDING, reading(NOON, ...spread(6, 1.7)), caps, LIMITS),
    ).toMatchObject({ window: '7d' })
  })

  test('is wider for the unlimited tier', () => {
    const spoken = reading(NOON, [1, 3])
    expect(findViolation(GOOD_STANDING, spoken, LIMITS.caps.unlimited, LIMITS)).toBeUndefined()
  })

  test('never comes of speech that led to one before, however long it stays in a window', () => {
    expect(daysOf([12, 0, 0, 0, 0, 0, 0]).at(-1)?.violations).toHaveLength(1)
    expect(daysOf([12, 1, 1, 1, 1, 1, 1]).at(-1)?.violations).toHaveLength(1)
  })

  test('comes at most once in its spacing', () => {
    const one = afterViolation(
      GOOD_STANDING,
      { at: NOON - 23 * HOUR_MS, window: '24h', speechMs: 1, capMs: 0 },
      LIMITS,
    )
    expect(findViolation(one, reading(NOON, [1, 20]), caps, LIMITS)).toBeUndefined()
  })
})

describe('stages', () => {
  test('go from warning to throttle to restrict, and lapse by themselves', () => {
    const [first, second, third] = daysOf([3, 3, 3])
    const stages = (standing: Standing | undefined, ...days: number[]) =>
      days.map((day) => standing && stageAt(standing, NOON + day * DAY_MS))
    expect(stages(first, 0, 6.9, 7)).toEqual(['warning', 'warning', 'none'])
    expect(stages(second, 1, 7.9, 8)).toEqual(['throttle', 'throttle', 'none'])
    expect(stages(third, 2, 31.9, 32)).toEqual(['restrict', 'restrict', 'none'])
  })

  test('forget violations after their window', () => {
    const standing = daysOf([3, 0, 0, 0, 0, 0, 0, 3]).at(-1)
    expect(standing?.violations).toHaveLength(1)
    expect(standing?.stage).toBe('warning')
  })

  test('of a restricted user find no violation: the budget speaks', () => {
    const third = daysOf([3, 3, 3]).at(-1) ?? GOOD_STANDING
    const later = reading(NOON + 5 * DAY_MS, [1, 20])
    expect(findViolation(third, later, caps, LIMITS)).toBeUndefined()
  })
})

describe('windows', () => {
  test('count a minute whole while any of it is inside', () => {
    const spoken = reading(NOON, [24, 1])
    expect(speechSince(spoken, NOON - DAY_MS)).toBe(HOUR_MS)
    expect(speechSince(spoken, NOON - DAY_MS + MINUTE_MS)).toBe(0)
  })

  test('begin the day at UTC midnight', () => {
    expect(speechToday(reading(NOON, [11, 1], [12, 2], [13, 4]))).toBe(3 * HOUR_MS)
  })

  test('fall below a limit when enough has left them', () => {
    const spoken = reading(NOON, [20, 10], [10, 10], [1, 12])
    expect(fallsBelowAt(spoken, DAY_MS, 33 * HOUR_MS)).toBe(NOON)
    expect(fallsBelowAt(spoken, DAY_MS, 30 * HOUR_MS)).toBe(NOON + 4 * HOUR_MS + MINUTE_MS)
    expect(fallsBelowAt(spoken, DAY_MS, 22 * HOUR_MS)).toBe(NOON + 14 * HOUR_MS + MINUTE_MS)
  })
})
