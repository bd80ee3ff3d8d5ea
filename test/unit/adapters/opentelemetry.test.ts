import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type OpenTelemetryOptions,
  startOpenTelemetry,
} from '../../../src/adapters/opentelemetry/index.ts'
import type { TraceContext } from '../../../src/kernel/index.ts'
import { type OtlpReceiver, startOtlpReceiver } from '../../support/otlp-receiver.ts'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(() => receiver[Symbol.asyncDispose]())

const start = (options: Partial<OpenTelemetryOptions> = {}) =>
  startOpenTelemetry({
    tracesUrl: `${receiver.url}/v1/traces`,
    metricsUrl: `${receiver.url}/v1/metrics`,
    protocol: 'http/json',
    headers: {},
    timeoutMs: 2_000,
    metricIntervalMs: 60_000,
    resource: { 'service.name': 'sync' },
    sampler: { kind: 'always_on', followsParent: true, ratio: 1 },
    ...options,
  })
const caller = (sampled: boolean): TraceContext => ({
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  sampled,
})

describe('OpenTelemetry', () => {
  it.each([
    ['http/protobuf', 'application/x-protobuf'],
    ['http/json', 'application/json'],
  ] as const)('sends what is left when it is closed, as %s', async (protocol, contentType) => {
    const otel = await start({ protocol, headers: { 'x-key': 'k' } })
    otel.spans.start('attempt', 'internal', undefined, { 'sync.job.attempt': 1 }).end()
    otel.meter.count('job_finalized', 2, { status: 'completed' })
    await otel.close()
    expect(receiver.requests.map(({ path }) => path).sort()).toEqual(['/v1/metrics', '/v1/traces'])
    for (const { path, headers, body } of receiver.requests) {
      expect(headers).toMatchObject({ 'content-type': contentType, 'x-key': 'k' })
      expect(body.toString('latin1')).toContain(
        path === '/v1/traces' ? 'attempt' : 'sync.job_finalized',
      )
    }
  })

  it('goes on with the trace of a caller that is sampled, and keeps nothing of another', async () => {
    const otel = await start()
    const span = otel.spans.start('upload', 'server', caller(true), {})
    expect(span.context).toMatchObject({ traceId: caller(true).traceId, sampled: true })
    otel.spans.start('land', 'internal', span.context, {}).end()
    span.end('TypeError')
    const unsampled = otel.spans.start('upload', 'server', caller(false), {})
    expect(unsampled.context).toMatchObject({ traceId: caller(false).traceId, sampled: false })
    unsampled.end()
    await otel.close()
    expect(receiver.spans().map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
      ['land', span.context.spanId],
      ['upload', 'b'.repeat(16)],
    ])
    expect(receiver.spans()[1]).toMatchObject({
      attributes: { 'error.type': 'TypeError' },
      status: { code: 2 },
      service: 'sync',
    })
  })

  it.each([
    ['always_off', false, 0],
    ['always_on', false, 1],
    ['traceidratio', true, 1],
  ] as const)('samples by %s, following its caller: %s', async (kind, followsParent, kept) => {
    const otel = await start({ sampler: { kind, followsParent, ratio: 0 } })
    otel.spans.start('upload', 'server', caller(true), {}).end()
    otel.spans.start('upload', 'server', undefined, {}).end()
    await otel.close()
    const expected = kind === 'always_on' ? 2 : kept
    expect(receiver.spans()).toHaveLength(expected)
  })

  it('measures spans of time in seconds, by labels', async () => {
    const otel = await start()
    otel.meter.observe('stage_seconds', 1.5, { stage: 'vad' })
    otel.meter.observe('stage_seconds', 2, { stage: 'vad' })
    await otel.close()
    expect(receiver.metrics()).toMatchObject([
      { name: 'sync.stage_seconds', unit: 's', labels: { stage: 'vad' }, value: 3.5 },
    ])
  })

  it('is closed by a receiver that never answers, once its batch is given up', async () => {
    receiver.hang()
    const otel = await start({ timeoutMs: 300 })
    otel.spans.start('upload', 'server', undefined, {}).end()
    const startedMs = performance.now()
    await otel.close()
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  })
})
