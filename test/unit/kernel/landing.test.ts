import { describe, expect, test } from 'vitest'
import { capErrors, landingStatus } from '../../../src/kernel/index.ts'

const land = (total: number, failed: number, nothingDecoded = false) =>
  landingStatus(
    { segments: { total, failed, silent: 0, successful: total - failed }, nothingDecoded },
    0.5,
  )

describe('the one landing rule', () => {
  test('I6: nothing lost is completed, no segments at all included (F35)', () => {
    expect(land(20, 0)).toBe('completed')
    expect(land(0, 0)).toBe('completed')
  })

  test('17 of 20 landed is a partial failure, 2 of 20 is a failure', () => {
    expect(land(20, 3)).toBe('partial_failure')
    expect(land(20, 18)).toBe('failed')
  })

  test('exactly the threshold is still partial; everything lost never is', () => {
    expect(land(2, 1)).toBe('partial_failure')
    expect(land(1, 1)).toBe('failed')
  })

  test('an upload in which nothing decodes is a failure although no segment failed', () => {
    expect(land(0, 0, true)).toBe('failed')
  })
})

test('ten errors are shown, then one line says how many more', () => {
  const lines = Array.from({ length: 13 }, (_, i) => `error ${i}`)
  expect(capErrors(lines)).toEqual([...lines.slice(0, 10), 'and 3 more'])
  expect(capErrors(lines.slice(0, 10))).toHaveLength(10)
})
