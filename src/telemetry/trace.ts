import type { TraceContext } from '../kernel/index.ts'

/** The fields by which Cloud Logging joins a line to its trace. */
export function traceFields(
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
