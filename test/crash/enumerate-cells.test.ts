import { describe, expect, it } from 'vitest'
import { enumerateSteps, pathOf } from './enumerate-cells.ts'
import type { StepLine } from './orders.ts'

/** Steps as `name` or `name!` for one that failed and so has no after. */
function recorded(...names: string[]): StepLine[] {
  const counts = new Map<string, number>()
  return names.flatMap((name) => {
    const step = name.replace('!', '')
    const moments = name.endsWith('!') ? (['before'] as const) : (['before', 'after'] as const)
    return moments.map((moment) => {
      const n = (counts.get(step + moment) ?? 0) + 1
      counts.set(step + moment, n)
      return { pid: 1, at: 0, step, moment, n }
    })
  })
}

const shown = (...args: Parameters<typeof enumerateSteps>) =>
  enumerateSteps(...args).map(({ step, moment, occurrence, of }) =>
    [step, moment, `${occurrence}/${of}`].join(' '),
  )

describe('the path of a run', () => {
  it('is its steps and how often they came, in any order, whatever was done by the clock', () => {
    const path = pathOf(recorded('mark', 'script.renew', 'end', 'mark'))
    expect(pathOf(recorded('end', 'mark', 'mark', 'script.due'))).toBe(path)
    expect(pathOf(recorded('end', 'mark', 'mark', 'mark'))).not.toBe(path)
  })
})

describe('the places to die at', () => {
  it('are the first, second and last occurrence of every step, before and after it', () => {
    const steps = shown([recorded('mark', 'mark', 'mark', 'mark', 'end')])
    expect(steps).toEqual([
      'mark before 1/4',
      'mark before 2/4',
      'mark before 4/4',
      'mark after 1/4',
      'mark after 2/4',
      'mark after 4/4',
      'end before 1/1',
      'end after 1/1',
    ])
  })

  it('are only what every recording had, so that the next run has it too', () => {
    expect(shown([recorded('a', 'a', 'b'), recorded('a', 'c')])).toEqual([
      'a before 1/1',
      'a after 1/1',
    ])
  })

  it('have no after where the step failed', () => {
    expect(shown([recorded('call!', 'call')])).toEqual([
      'call before 1/2',
      'call before 2/2',
      'call after 1/1',
    ])
  })

  it('lie between the first and the last step that bound the path', () => {
    const lines = recorded('claim', 'mark', 'release', 'claim', 'mark')
    expect(shown([lines], { from: 'release', to: 'claim' })).toEqual([
      'release before 1/1',
      'release after 1/1',
      'claim before 2/2',
      'claim after 2/2',
    ])
  })

  it('leave out a recovery pass that only ran beside the path', () => {
    const lines = recorded('script.due', 'script.read', 'mark')
    expect(shown([lines])).toEqual(['mark before 1/1', 'mark after 1/1'])
    expect(shown([lines], { isRecovery: true })).toHaveLength(6)
  })
})
