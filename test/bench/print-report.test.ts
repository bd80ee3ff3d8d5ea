import { expect, test } from 'vitest'
import { atMost, type BenchReport } from './bench.ts'
import { printReport } from './print-report.ts'

const BENCH = {
  name: 'sample',
  number: 'G0',
  title: 'a sample',
  load: () => Promise.reject(new Error('not run')),
}

function reportOf(ours: readonly number[], theirs: readonly number[]): BenchReport {
  return {
    measures: [
      {
        what: 'time',
        unit: 's',
        reference: 'them',
        contestants: [
          { name: 'us', role: 'ours', samples: ours },
          { name: 'them', role: 'peer', samples: theirs },
        ],
      },
    ],
    goals: [atMost('at most 2', 2, 2), atMost('at most 1', 2, 1)],
    notes: [],
  }
}

const ratioIn = (text: string) => /us .*│ +([^│]+?) +│\n/.exec(text)?.[1]

test('a report divides the medians, and says which goal was missed', () => {
  const text = printReport(BENCH, reportOf([9, 1, 3], [2, 4]))
  expect(ratioIn(text)).toBe('1.00 (no difference)')
  expect(text).toContain('met     at most 2: 2')
  expect(text).toContain('missed  at most 1: 2')
})

test('a ratio above the noise is a number, and a count that repeats is one however small', () => {
  expect(ratioIn(printReport(BENCH, reportOf([4, 4], [2, 2])))).toBe('2')
  expect(ratioIn(printReport(BENCH, reportOf([11], [10])))).toBe('1.1')
})
