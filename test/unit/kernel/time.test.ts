import { describe, expect, test } from 'vitest'
import { dayStartMs, retryAfterMs, toIso, utcDay } from '../../../src/kernel/index.ts'

const NOW = Date.UTC(2026, 0, 31, 8)

test('a day is named in UTC and found again by its name', () => {
  expect(toIso(NOW)).toBe('2026-01-31T08:00:00.000Z')
  expect(utcDay(NOW)).toBe('20260131')
  expect(dayStartMs('20260131')).toBe(Date.UTC(2026, 0, 31))
  expect(dayStartMs('2026013x')).toBeNaN()
})

describe('F36: Retry-After', () => {
  test.each([
    ['30', 30_000],
    [' 0 ', 0],
    ['1.5', 1_500],
    ['Sat, 31 Jan 2026 08:01:00 GMT', 60_000],
    ['Sat, 31 Jan 2026 07:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j is %s ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms)
  })
})
