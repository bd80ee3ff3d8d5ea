import { describe, expect, it } from 'vitest'
import {
  jobIdSchema,
  type TraceContext,
  uidHashSchema,
  uidSchema,
} from '../../../src/kernel/index.ts'
import { createTracer, type SpanFacts } from '../../../src/telemetry/index.ts'
import { captureLines } from './captured-lines.ts'

const caller = (digit: string): TraceContext => ({
  traceId: digit.repeat(32),
  spanId: digit.repeat(16),
  sampled: true,
})
const jobId = jobIdSchema.parse('0f8fad5b-d9cb-469f-a165-70867728950e')

/** Remembers what it was asked to make. */
function recordingSource() {
  const spans: { name: string; parent: string | undefined; attributes: object; ended: unknown }[] =
    []
  return {
    spans,
    start: (name: string, _kind: string, parent: TraceContext | undefined, attributes: object) => {
      const span = {
        name,
        parent: parent?.spanId,
        attributes: { ...attributes },
        ended: undefined as unknown,
      }
      spans.push(span)
      const spanId = String(spans.length).padStart(16, '0')
      return {
        context: { traceId: parent?.traceId ?? 'e'.repeat(32), spanId, sampled: true },
        note: (more: object) => void Object.assign(span.attributes, more),
        end: (errorType?: string) => {
          span.ended = errorType ?? 'well'
        },
      }
    },
  }
}

describe('a tracer', () => {
  it('keeps the traces of interleaved requests apart', async () => {
    const tracer = createTracer()
    const seen = await Promise.all(
      ['1', '2', '3'].map((digit) =>
        tracer.within(caller(digit), async () => {
          await Promise.resolve()
          return tracer.current()?.traceId[0]
        }),
      ),
    )
    expect(seen).toEqual(['1', '2', '3'])
    expect(tracer.current()).toBeUndefined()
  })

  it('puts each span under the one it was begun in, and the first under its caller', async () => {
    const source = recordingSource()
    const tracer = createTracer({ source: () => source })
    await tracer.within(caller('a'), () =>
      tracer.span('outer', {}, async () => {
        await Promise.all([
          tracer.span('left', {}, async () => undefined),
          tracer.span('right', {}, async () => tracer.span('inner', {}, async () => undefined)),
        ])
      }),
    )
    const parents = Object.fromEntries(source.spans.map(({ name, parent }) => [name, parent]))
    const outer = '1'.padStart(16, '0')
    expect(parents).toEqual({
      outer: 'a'.repeat(16),
      left: outer,
      right: outer,
      inner: '3'.padStart(16, '0'),
    })
  })

  it('forgets the job it was on where another request begins', async () => {
    const tracer = createTracer()
    await tracer.span('attempt', { jobId, attempt: 1 }, async () => {
      expect(tracer.lineFacts()).toEqual({ jobId, attempt: 1 })
      expect(tracer.within(undefined, () => tracer.lineFacts())).toEqual({})
    })
    expect(tracer.lineFacts()).toEqual({})
  })

  it('passes on what was thrown, and exports its class alone', async () => {
    const source = recordingSource()
    const tracer = createTracer({ source: () => source })
    const failing = tracer.span('upload', {}, async () => {
      throw new TypeError('Bearer eyJsecret')
    })
    await expect(failing).rejects.toThrow('Bearer eyJsecret')
    expect(source.spans[0]?.ended).toBe('TypeError')
    expect(JSON.stringify(source.spans)).not.toContain('secret')
  })

  it('exports what has a name, and nothing else, whoever hands it in', async () => {
    const source = recordingSource()
    const facts = {
      jobId,
      attempt: 2,
      uid: uidSchema.parse('raw-user'),
      uidHash: uidHashSchema.parse('b'.repeat(32)),
      outcome: 'x'.repeat(500),
      transcript: 'what was said',
      authorization: 'Bearer token',
      path: { deep: 'value' },
    }
    for (const rawUid of [false, true]) {
      const tracer = createTracer({ source: () => source, rawUid })
      await tracer.span('attempt', facts, async (note) => note({ text: 'spoken' } as SpanFacts))
    }
    const common = {
      'sync.job.id': jobId,
      'sync.job.attempt': 2,
      'sync.user.hash': 'b'.repeat(32),
      'sync.outcome': 'x'.repeat(128),
    }
    expect(source.spans.map(({ attributes }) => attributes)).toEqual([
      common,
      { ...common, 'user.id': 'raw-user' },
    ])
  })
})

describe('a line', () => {
  it('carries trace, span, job, attempt, epoch and lane of the work that wrote it', async () => {
    const tracer = createTracer({ source: recordingSource })
    const { logger, lines } = captureLines({ place: tracer, projectId: 'omi-prod' })
    await tracer.within(caller('a'), () =>
      tracer.span('attempt', { jobId, attempt: 2, epoch: 5 }, async (note) => {
        note({ lane: 'backfill' })
        await Promise.resolve()
        logger.child({ room: 'pipeline' }).info({ n: 1 }, 'inside')
      }),
    )
    logger.info({}, 'outside')
    expect(lines()[0]).toMatchObject({
      ...{ jobId, attempt: 2, epoch: 5, lane: 'backfill', room: 'pipeline', n: 1 },
      'logging.googleapis.com/trace': `projects/omi-prod/traces/${'a'.repeat(32)}`,
      'logging.googleapis.com/spanId': '1'.padStart(16, '0'),
      'logging.googleapis.com/trace_sampled': true,
    })
    expect(Object.keys(lines()[1] ?? {})).toEqual(['severity', 'time', 'message'])
  })

  it('says what its writer says where both know it', async () => {
    const tracer = createTracer()
    const { logger, lines } = captureLines({ place: tracer })
    await tracer.span('recovery pass', { attempt: 1 }, async () => logger.info({ attempt: 7 }, 'x'))
    expect(lines()[0]).toMatchObject({ attempt: 7 })
  })
})
