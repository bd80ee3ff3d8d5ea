import { AsyncLocalStorage } from 'node:async_hooks'

/** The trace a request belongs to, as the caller's headers named it. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string | undefined
  readonly sampled: boolean
}

/** Binds a trace to everything that is done, awaited included, inside `run`. */
export interface TraceScope {
  run<T>(trace: TraceContext | undefined, work: () => T): T
  current(): TraceContext | undefined
}

export function createTraceScope(): TraceScope {
  const storage = new AsyncLocalStorage<TraceContext | undefined>()
  return {
    run: (trace, work) => storage.run(trace, work),
    current: () => storage.getStore(),
  }
}

/**
 * Reads the W3C `traceparent` header, else Google's `X-Cloud-Trace-Context` (`TRACE/SPAN;o=1`, the
 * span in decimal). Anything malformed is no trace.
 */
export function parseTraceContext(headers: {
  readonly traceparent?: string | undefined
  readonly cloudTraceContext?: string | undefined
}): TraceContext | undefined {
  const w3c = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-|$)/.exec(
    headers.traceparent ?? '',
  )
  if (w3c?.[1] !== undefined && !/^0+$/.test(w3c[1])) {
    const flags = Number.parseInt(w3c[3] ?? '', 16)
    return { traceId: w3c[1], spanId: w3c[2], sampled: (flags & 1) === 1 }
  }
  const google = /^([\da-f]{32})(?:\/(\d{1,20}))?(?:;o=(\d))?$/i.exec(
    headers.cloudTraceContext ?? '',
  )
  if (google?.[1] === undefined || /^0+$/.test(google[1])) return undefined
  return {
    traceId: google[1].toLowerCase(),
    spanId: google[2] === undefined ? undefined : hexSpan(google[2]),
    sampled: google[3] === '1',
  }
}

/** The fields by which Cloud Logging joins a line to its trace. */
export function traceFacts(
  trace: TraceContext | undefined,
  projectId: string | undefined,
): Readonly<Record<string, unknown>> {
  if (trace === undefined) return {}
  const id =
    projectId === undefined ? trace.traceId : `projects/${projectId}/traces/${trace.traceId}`
  return {
    'logging.googleapis.com/trace': id,
    ...(trace.spanId !== undefined && { 'logging.googleapis.com/spanId': trace.spanId }),
    'logging.googleapis.com/trace_sampled': trace.sampled,
  }
}

function hexSpan(decimal: string): string | undefined {
  const hex = BigInt(decimal).toString(16).padStart(16, '0')
  return hex.length === 16 && !/^0+$/.test(hex) ? hex : undefined
}
