import { describe, expect, it } from 'vitest'
import { createFaults } from '../../../src/local/gcs/faults.ts'
import { createTasksFaults } from '../../../src/local/tasks/faults.ts'
import { emptyStats } from '../../../src/local/tasks/stats.ts'
import { seededRandom } from '../../support/audio.ts'

const CALLS = 2_000
const call = { operation: 'read', method: 'GET', path: '/o/x', objectName: 'x' } as const

describe('a fault with a share', () => {
  it('strikes that share of the calls to the store; the rest go on to the next rule', () => {
    const faults = createFaults(seededRandom(1))
    faults.add({ status: 503, share: 0.1, times: CALLS })
    faults.add({ delayMs: 5, times: CALLS })
    const struck = Array.from({ length: CALLS }, () => faults.take(call))
    const refused = struck.filter((fault) => fault?.status === 503)
    expect(refused.length / CALLS).toBeCloseTo(0.1, 1)
    expect(struck.filter((fault) => fault?.delayMs === 5)).toHaveLength(CALLS - refused.length)
  })

  it('strikes that share of the deliveries', () => {
    const faults = createTasksFaults(emptyStats(), seededRandom(2))
    faults.add({ on: 'delivery', kind: 'duplicate', times: -1, share: 0.25 })
    const struck = Array.from({ length: CALLS }, () => faults.takeDelivery('q/tasks/a').length)
    expect(struck.reduce((sum, n) => sum + n, 0) / CALLS).toBeCloseTo(0.25, 1)
  })
})
