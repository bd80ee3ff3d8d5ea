import { describe, expect, it } from 'vitest'
import { createCounters, createEvents } from '../../../src/telemetry/index.ts'
import { captureLines } from './captured-lines.ts'
import { CASES, jobId, segmentId, uid, uidHash } from './event-cases.ts'

function createWatchedEvents() {
  const counters = createCounters()
  const captured = captureLines()
  return { ...captured, counters, events: createEvents({ logger: captured.logger, counters }) }
}

describe('events', () => {
  it.each(CASES)('$name writes its line and moves its counter', (one) => {
    const { events, counters, lines } = createWatchedEvents()
    one.act(events)
    expect(counters.snapshot()).toEqual([{ name: one.counter, labels: one.labels, value: 1 }])
    expect(lines()).toHaveLength(1)
    expect(lines()[0]).toMatchObject({ event: one.counter, severity: one.severity })
  })

  it('are each tried here', () => {
    const { events } = createWatchedEvents()
    expect(Object.keys(events).sort()).toEqual(CASES.map((one) => one.name).sort())
  })

  it('never put an id into a label, and no raw user id into a line', () => {
    const { events, counters, text } = createWatchedEvents()
    for (const one of CASES) one.act(events)
    const labels = JSON.stringify(counters.snapshot())
    for (const id of [jobId, uidHash, segmentId, uid]) expect(labels).not.toContain(id)
    expect(text()).not.toContain(uid)
    expect(text()).toContain(uidHash)
  })

  it('let a job be followed from the accept on', () => {
    const { events, lines } = createWatchedEvents()
    CASES[0]?.act(events)
    expect(lines()[0]).toMatchObject({
      jobId,
      uidHash,
      files: 2,
      bytes: 10,
      lane: 'fresh',
      dispatchMode: 'inline',
      totalMs: 4,
    })
  })

  it('count what a recovery pass did, by verdict', () => {
    const { events, counters } = createWatchedEvents()
    events.recoveryPass({ counts: { checked: 5, ensured: 2, raced: 0 } })
    events.recoveryPass({ counts: { checked: 1 } })
    expect(counters.snapshot().filter((reading) => reading.name === 'recovery_jobs')).toEqual([
      { name: 'recovery_jobs', labels: { verdict: 'checked' }, value: 6 },
      { name: 'recovery_jobs', labels: { verdict: 'ensured' }, value: 2 },
    ])
  })

  it('log an error by type and safe message', () => {
    const { events, lines } = createWatchedEvents()
    events.unexpectedError({ where: 'http', error: new TypeError('x is not y') })
    expect(lines()[0]?.['error']).toMatchObject({ type: 'TypeError', message: 'x is not y' })
  })
})
