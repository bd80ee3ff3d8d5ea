import { describe, expect, it } from 'vitest'
import { createTraceScope, parseTraceContext } from '../../../src/telemetry/index.ts'
import { traceFacts } from '../../../src/telemetry/trace.ts'

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

describe('traceFacts', () => {
  it('names the trace by its project, or bare without one', () => {
    const trace = { traceId: TRACE_ID, spanId: undefined, sampled: false }
    expect(traceFacts(trace, 'p')).toEqual({
      'logging.googleapis.com/trace': `projects/p/traces/${TRACE_ID}`,
      'logging.googleapis.com/trace_sampled': false,
    })
    expect(traceFacts(trace, undefined)).toMatchObject({ 'logging.googleapis.com/trace': TRACE_ID })
    expect(traceFacts(undefined, 'p')).toEqual({})
  })
})

describe('createTraceScope', () => {
  it('keeps the traces of interleaved requests apart', async () => {
    const scope = createTraceScope()
    const seen = await Promise.all(
      ['1', '2', '3'].map((digit) =>
        scope.run({ traceId: digit.repeat(32), spanId: undefined, sampled: false }, async () => {
          await Promise.resolve()
          return scope.current()?.traceId[0]
        }),
      ),
    )
    expect(seen).toEqual(['1', '2', '3'])
    expect(scope.current()).toBeUndefined()
  })
})
