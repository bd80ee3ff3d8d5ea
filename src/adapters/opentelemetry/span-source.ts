import {
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { TraceContext } from '../../kernel/index.ts'

type Attributes = Readonly<Record<string, string | number>>

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
  client: SpanKind.CLIENT,
} as const

/** Spans whose parents are handed in: no context of the library's own is kept. */
export function createSpanSource(tracer: Tracer) {
  return {
    start: (
      name: string,
      kind: keyof typeof KINDS,
      parent: TraceContext | undefined,
      attributes: Attributes,
    ) => {
      const under =
        parent?.spanId === undefined
          ? ROOT_CONTEXT
          : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent, parent.spanId))
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, under)
      return {
        context: traceContextOf(span.spanContext()),
        note: (more: Attributes) => void span.setAttributes(more),
        end: (errorType?: string) => {
          if (errorType !== undefined) {
            span.setStatus({ code: SpanStatusCode.ERROR })
            span.setAttribute('error.type', errorType)
          }
          span.end()
        },
      }
    },
  }
}

function spanContextOf({ traceId, sampled }: TraceContext, spanId: string): SpanContext {
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE
  return { traceId, spanId, traceFlags, isRemote: true }
}

function traceContextOf({ traceId, spanId, traceFlags }: SpanContext): TraceContext {
  return { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 }
}
