import { describe, expect, test } from 'vitest'
import { createPace, takePace } from '../../../src/jobs/index.ts'
import { simulatedClock } from '../../support/simulated-clock.ts'

describe('a pace', () => {
  test('is unknown until something was measured', () => {
    const pace = createPace()
    expect(pace.of('msPerSegment')).toBeUndefined()
    pace.learn('msPerSegment', 0, 0)
    expect(pace.of('msPerSegment')).toBeUndefined()
  })

  test('is the mean of what was measured, the newest weighing most', () => {
    const pace = createPace()
    pace.learn('msPerSegment', 4_000, 1)
    expect(pace.of('msPerSegment')).toBe(4_000)
    for (let i = 0; i < 100; i += 1) pace.learn('msPerSegment', 1_000, 1)
    expect(pace.of('msPerSegment')).toBeCloseTo(1_000, -1)
    pace.learn('msPerSegment', 21_000, 1)
    expect(pace.of('msPerSegment')).toBeGreaterThan(1_900)
  })

  test('of a run counts its files until they are cut, then each segment, five at once as well', async () => {
    const clock = simulatedClock()
    const pace = createPace()
    const run = takePace(pace, clock, 4)
    run.noted(1)
    await clock.advance(2_000)
    run.cut(10)
    await clock.advance(5_000)
    for (let i = 0; i < 5; i += 1) run.noted(1)
    expect(pace.of('msPerFile')).toBe(500)
    expect(pace.of('segmentsPerFile')).toBe(2.5)
    expect(pace.of('msPerSegment')).toBeCloseTo(900, -2)
    await clock.advance(60_000)
    run.cut(12)
    expect(pace.of('msPerFile')).toBe(500)
  })
})
