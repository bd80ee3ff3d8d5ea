import * as z from 'zod'
import type { QueueRecord, TaskRecord } from './records.ts'

/**
 * Between protobuf messages, as proto-loader decodes them, and records. A field at its default is
 * absent on the wire, so absent and zero are one, except for messages.
 */
const instantSchema = z.object({ seconds: z.number().default(0), nanos: z.number().default(0) })

/** google.protobuf.Timestamp or Duration, in ms cut to the microsecond. */
export const spanSchema = instantSchema.transform(
  ({ seconds, nanos }) => seconds * 1_000 + Math.trunc(nanos / 1_000) / 1_000,
)

export const viewSchema = z.enum(['VIEW_UNSPECIFIED', 'BASIC', 'FULL']).default('BASIC')
export type TaskView = z.infer<typeof viewSchema>

function toSpan(ms: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(ms / 1_000)
  return { seconds, nanos: Math.round((ms - seconds * 1_000) * 1_000) * 1_000 }
}

export function toQueueMessage(queue: QueueRecord): object {
  return {
    name: queue.name,
    state: queue.state,
    rateLimits: {
      maxDispatchesPerSecond: queue.maxDispatchesPerSecond,
      maxConcurrentDispatches: queue.maxConcurrentDispatches,
      maxBurstSize: queue.maxBurstSize,
    },
    retryConfig: {
      maxAttempts: queue.maxAttempts,
      minBackoff: toSpan(queue.minBackoffMs),
      maxBackoff: toSpan(queue.maxBackoffMs),
      maxDoublings: queue.maxDoublings,
      maxRetryDuration: toSpan(queue.maxRetryDurationMs),
    },
    stackdriverLoggingConfig: { samplingRatio: queue.logSamplingRatio },
    ...(queue.purgedAtMs !== undefined && { purgeTime: toSpan(queue.purgedAtMs) }),
  }
}

/** BASIC leaves the body out. */
export function toTaskMessage(task: TaskRecord, view: TaskView): object {
  const { request, progress } = task
  const first = progress.firstDispatchMs
  const last = progress.lastAttempt
  return {
    name: task.name,
    view: view === 'FULL' ? 'FULL' : 'BASIC',
    createTime: { seconds: Math.floor(task.createdAtMs / 1_000) },
    scheduleTime: toSpan(progress.scheduleMs),
    dispatchDeadline: toSpan(task.dispatchDeadlineMs),
    dispatchCount: progress.dispatchCount,
    responseCount: progress.responseCount,
    ...(first !== undefined && { firstAttempt: { dispatchTime: toSpan(first) } }),
    ...(last !== undefined && { lastAttempt: toAttemptMessage(last) }),
    httpRequest: {
      url: request.url,
      httpMethod: request.method,
      headers: { ...request.headers, 'User-Agent': 'Google-Cloud-Tasks' },
      ...(view === 'FULL' && { body: Buffer.from(request.bodyBase64, 'base64') }),
      ...(request.oidc !== undefined && {
        oidcToken: { serviceAccountEmail: request.oidc.email, audience: request.oidc.audience },
      }),
    },
  }
}

function toAttemptMessage(attempt: NonNullable<TaskRecord['progress']['lastAttempt']>): object {
  const { responseMs, status } = attempt
  return {
    scheduleTime: toSpan(attempt.scheduleMs),
    dispatchTime: toSpan(attempt.dispatchMs),
    ...(responseMs !== undefined && { responseTime: toSpan(responseMs) }),
    ...(status !== undefined && {
      responseStatus: { code: rpcCodeOf(status), message: `HTTP status code ${status}` },
    }),
  }
}

/** google.rpc.Code for an HTTP status, by the mapping in google/rpc/code.proto; else UNKNOWN. */
function rpcCodeOf(httpStatus: number): number {
  const codes: Record<number, number> = {
    400: 3,
    401: 16,
    403: 7,
    404: 5,
    409: 10,
    429: 8,
    499: 1,
    500: 13,
    501: 12,
    503: 14,
    504: 4,
  }
  return httpStatus < 300 ? 0 : (codes[httpStatus] ?? 2)
}
