import { describe, expect, it } from 'vitest'
import { createCounters } from '../../../src/telemetry/index.ts'

describe('createCounters', () => {
  it('counts by name and labels, whatever the order of the labels', () => {
    const counters = createCounters()
    counters.add('uploads', { lane: 'fresh', mode: 'inline' })
    counters.add('uploads', { mode: 'inline', lane: 'fresh' }, 2)
    counters.add('uploads', { lane: 'backfill', mode: undefined })
    counters.add('claims')
    expect(counters.snapshot()).toEqual([
      { name: 'claims', labels: {}, value: 1 },
      { name: 'uploads', labels: { lane: 'backfill' }, value: 1 },
      { name: 'uploads', labels: { lane: 'fresh', mode: 'inline' }, value: 3 },
    ])
  })

  it('takes no id for a label', () => {
    const counters = createCounters()
    const ids = [
      '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
      'a3f2504e04f8941d39a0c0305e82c33',
      'user 42',
      '',
    ]
    for (const id of ids) counters.add('jobs', { id })
    expect(counters.snapshot()).toEqual([{ name: 'jobs', labels: { id: 'other' }, value: 4 }])
  })

  it('takes a short phrase as one word', () => {
    const counters = createCounters()
    counters.add('errors', { where: 'upload clean-up' })
    expect(counters.snapshot()[0]?.labels).toEqual({ where: 'upload_clean_up' })
  })

  it('keeps HTTP statuses, and stays bounded however many words come', () => {
    const counters = createCounters()
    counters.add('answers', { status: '409' })
    const letters = [...'abcdefghijklmnopqrstuvwxyz']
    for (const first of letters) {
      for (const second of letters) counters.add('answers', { status: first + second })
    }
    const readings = counters.snapshot()
    expect(readings.length).toBeLessThanOrEqual(61)
    expect(readings.reduce((sum, reading) => sum + reading.value, 0)).toBe(26 * 26 + 1)
    expect(readings.find((reading) => reading.labels['status'] === '409')?.value).toBe(1)
    expect(readings.find((reading) => reading.labels['status'] === 'other')?.value).toBe(617)
  })

  it('hands out readings that later counts do not change', () => {
    const counters = createCounters()
    counters.add('claims')
    const before = counters.snapshot()
    counters.add('claims')
    expect(before[0]?.value).toBe(1)
  })

  it('tells an exporter of every count and measure once it is there, with bounded labels', () => {
    const told: unknown[] = []
    const meter = {
      count: (...given: unknown[]) => void told.push(['count', ...given]),
      observe: (...given: unknown[]) => void told.push(['observe', ...given]),
    }
    let exporter: typeof meter | undefined
    const counters = createCounters(() => exporter)
    counters.add('claim_lost', { reason: 'refused' })
    counters.observe('stage_seconds', 1, { stage: 'vad' })
    exporter = meter
    counters.add('recovery_jobs', { verdict: 'revived' }, 3)
    counters.add('claim_lost', { reason: '0f8fad5b-d9cb-469f-a165-70867728950e' })
    counters.observe('stage_seconds', 1.5, { stage: 'x'.repeat(99) })
    expect(told).toEqual([
      ['count', 'recovery_jobs', 3, { verdict: 'revived' }],
      ['count', 'claim_lost', 1, { reason: 'other' }],
      ['observe', 'stage_seconds', 1.5, { stage: 'other' }],
    ])
  })
})
