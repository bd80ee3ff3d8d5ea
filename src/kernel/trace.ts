/** The trace that work belongs to, as W3C Trace Context names it. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string | undefined
  readonly sampled: boolean
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

/** The same as a `traceparent` header; undefined where no span is known, since the form demands one. */
export function traceparentOf(trace: TraceContext | undefined): string | undefined {
  if (trace?.spanId === undefined) return undefined
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? '01' : '00'}`
}

function hexSpan(decimal: string): string | undefined {
  const hex = BigInt(decimal).toString(16).padStart(16, '0')
  return hex.length === 16 && !/^0+$/.test(hex) ? hex : undefined
}
