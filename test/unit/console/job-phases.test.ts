import { describe, expect, it } from 'vitest'
import { phasesOf } from '../../../src/console/page/job-phases.ts'

/** Events a second apart, from instant 1,000 on. */
function timeline(...events: readonly (readonly [string, Record<string, string>?])[]) {
  return events.map(([name, facts = {}], index) => ({
    atMs: (index + 1) * 1_000,
    event: { at: '', name, ...facts },
  }))
}

const told = (events: ReturnType<typeof timeline>, untilAt = 60_000) =>
  phasesOf(events, untilAt).map(
    ({ kind, attempt, fromAt, toAt, end }) =>
      `${kind}${attempt ? ` ${attempt}` : ''} ${fromAt / 1_000}-${toAt / 1_000} ${end}`,
  )

describe('the phases of a job', () => {
  it('show a worker that died until the next one claimed its job', () => {
    const events = timeline(
      ['created'],
      ['claimed', { attempt: '1' }],
      ['stage'],
      ['claimed', { attempt: '2', after_death: '1' }],
      ['ending'],
      ['finalized', { status: 'completed' }],
      ['settled'],
    )
    expect(told(events)).toEqual([
      'waiting 1-2 claimed',
      'running 1 2-4 died',
      'running 2 4-6 ended',
    ])
  })

  it('show a death that recovery met before any worker did', () => {
    const events = timeline(
      ['created'],
      ['claimed', { attempt: '1' }],
      ['override', { operation: 'generation', from: 'processing', reason: 'its task was gone' }],
      ['claimed', { attempt: '2' }],
    )
    expect(told(events)).toEqual([
      'waiting 1-2 claimed',
      'running 1 2-3 died',
      'waiting 3-4 claimed',
      'running 2 4-60 open',
    ])
  })

  it('show a death that was met by a claim without a slot, and the waiting after it', () => {
    const events = timeline(
      ['created'],
      ['claimed', { attempt: '1' }],
      ['snoozed', { waiting_for: 'capacity' }],
      ['snoozed', { waiting_for: 'capacity' }],
      ['claimed', { attempt: '2' }],
    )
    expect(told(events)).toEqual([
      'waiting 1-2 claimed',
      'running 1 2-3 died',
      'waiting 3-5 claimed',
      'running 2 5-60 open',
    ])
  })

  it('call nobody dead whom an operator fenced or ended', () => {
    const requeued = timeline(
      ['created'],
      ['claimed', { attempt: '1' }],
      ['operator', { action: 'requeue', reason: 'stuck' }],
      ['override', { operation: 'generation', from: 'processing', reason: '' }],
    )
    expect(told(requeued)).toContain('running 1 2-4 overridden')
    const failed = timeline(
      ['created'],
      ['claimed', { attempt: '1' }],
      ['override', { operation: 'ending', from: 'processing', reason: '' }],
      ['finalized', { status: 'failed' }],
    )
    expect(told(failed)).toEqual(['waiting 1-2 claimed', 'running 1 2-3 overridden'])
  })

  it('count an attempt that was born held or kept, though nobody claimed it', () => {
    const events = timeline(
      ['created', { mode: 'inline' }],
      ['stage'],
      ['kept', { attempt: '2', reason: 'stt_timeout' }],
      ['segments'],
      ['finalized'],
    )
    expect(told(events)).toEqual([
      'waiting 1-2 claimed',
      'running 1 2-3 released',
      'waiting 3-4 claimed',
      'running 2 4-5 ended',
    ])
  })

  it('go on to the present while the job lives, and none are made of nothing', () => {
    expect(told(timeline(['created']), 9_000)).toEqual(['waiting 1-9 open'])
    expect(phasesOf([], 9_000)).toEqual([])
  })
})
