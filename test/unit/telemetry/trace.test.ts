import { describe, expect, it } from 'vitest'
import { parseTraceContext, traceparentOf } from '../../../src/kernel/index.ts'
import { traceFields } from '../../../src/telemetry/trace.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'

describe('parseTraceContext', () => {
  it('reads traceparent before the header of Google', () => {
    const traceparent = `00-${TRACE_ID}-00f067aa0ba902b7-01`
    expect(parseTraceContext({ traceparent, cloudTraceContext: 'f'.repeat(32) })).toEqual({
      traceId: TRACE_ID,
      spanId: '00f067aa0ba902b7',
      sampled: true,
    })
    expect(parseTraceContext({ traceparent: traceparent.replace(/01$/, '00') })?.sampled).toBe(
      false,
    )
  })

  it('turns the decimal span of X-Cloud-Trace-Context into the hex one of the log', () => {
    expect(parseTraceContext({ cloudTraceContext: `${TRACE_ID}/67667974448284343;o=1` })).toEqual({
      traceId: TRACE_ID,
      spanId: '00f067aa0ba902b7',
      sampled: true,
    })
    expect(parseTraceContext({ cloudTraceContext: TRACE_ID.toUpperCase() })).toEqual({
      traceId: TRACE_ID,
      spanId: undefined,
      sampled: false,
    })
  })

  it.each([
    {},
    { traceparent: '' },
    { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` },
    { traceparent: `00-${TRACE_ID}-short-01` },
    { cloudTraceContext: `${TRACE_ID}/1;o=1\n{"severity":"INFO"}` },
    { cloudTraceContext: 'x'.repeat(100_000) },
    { cloudTraceContext: '0'.repeat(32) },
  ])('takes a malformed header for no trace: case %#', (headers) => {
    expect(parseTraceContext(headers)).toBeUndefined()
  })
})

describe('traceFields', () => {
  it('names the trace by its project, or bare without one', () => {
    const trace = { traceId: TRACE_ID, spanId: undefined, sampled: false }
    expect(traceFields(trace, 'p')).toEqual({
      'logging.googleapis.com/trace': `projects/p/traces/${TRACE_ID}`,
      'logging.googleapis.com/trace_sampled': false,
    })
    expect(traceFields(trace, undefined)).toMatchObject({
      'logging.googleapis.com/trace': TRACE_ID,
    })
    expect(traceFields(undefined, 'p')).toEqual({})
  })
})

describe('traceparentOf', () => {
  it('says what parseTraceContext reads', () => {
    for (const sampled of [true, false]) {
      const trace = { traceId: TRACE_ID, spanId: '1'.repeat(16), sampled }
      expect(parseTraceContext({ traceparent: traceparentOf(trace) })).toEqual(trace)
    }
  })

  it('says nothing without a span', () => {
    const trace = { traceId: TRACE_ID, spanId: undefined, sampled: true }
    expect(traceparentOf(trace)).toBeUndefined()
    expect(traceparentOf(undefined)).toBeUndefined()
  })
})
