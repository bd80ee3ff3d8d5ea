import { validateHeaderName, validateHeaderValue } from 'node:http'
import { status } from '@grpc/grpc-js'
import * as z from 'zod'
import { toIso } from '../../kernel/index.ts'
import type { TaskRecord } from './records.ts'
import { checkQueueName, checkTaskName } from './resource-names.ts'
import { RpcError, refusals } from './rpc-error.ts'
import { spanSchema, viewSchema } from './wire.ts'

/** The proto's 100 KB for a task; the quotas page and measurements say 1 MiB. We keep the lower. */
const MAX_BODY_BYTES = 100 * 1_024
const MAX_HEADER_BYTES = 80 * 1_024
const MAX_URL_LENGTH = 2_083
const MAX_AHEAD_MS = 30 * 24 * 3_600_000
const DEADLINE_MS = { default: 600_000, min: 15_000, max: 1_800_000 } as const

export const createTaskSchema = z.object({
  parent: z.string().default(''),
  responseView: viewSchema,
  task: z
    .object({
      name: z.string().default(''),
      scheduleTime: spanSchema.optional(),
      dispatchDeadline: spanSchema.optional(),
      appEngineHttpRequest: z.unknown().optional(),
      httpRequest: z
        .object({
          url: z.string().default(''),
          httpMethod: z
            .enum([
              'HTTP_METHOD_UNSPECIFIED',
              'POST',
              'GET',
              'HEAD',
              'PUT',
              'DELETE',
              'PATCH',
              'OPTIONS',
            ])
            .default('POST')
            .transform((method) => (method === 'HTTP_METHOD_UNSPECIFIED' ? 'POST' : method)),
          headers: z.record(z.string(), z.string()).default({}),
          body: z.instanceof(Uint8Array).default(new Uint8Array()),
          oauthToken: z.unknown().optional(),
          oidcToken: z
            .object({
              serviceAccountEmail: z.string().default(''),
              audience: z.string().default(''),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
})
export type CreateTaskRequest = z.output<typeof createTaskSchema>
type HttpRequest = NonNullable<NonNullable<CreateTaskRequest['task']>['httpRequest']>

/** A task record for the request, not yet compared with what exists; throws what is wrong. */
export function newTaskRecord(
  request: CreateTaskRequest,
  nowMs: number,
  newTaskId: () => string,
): TaskRecord {
  const queue = checkQueueName(request.parent)
  const { task } = request
  const http = task?.httpRequest
  if (task?.appEngineHttpRequest !== undefined) throw unserved('App Engine targets')
  if (task === undefined || http === undefined) {
    throw refusals.invalid('Task.message_type is required.')
  }
  if (task.name !== '') checkParent(queue, task.name)
  checkHttpRequest(http)
  return {
    name: task.name === '' ? `${queue}/tasks/${newTaskId()}` : task.name,
    queue,
    createdAtMs: nowMs,
    dispatchDeadlineMs: deadlineMs(task.dispatchDeadline),
    request: {
      url: http.url,
      method: http.httpMethod,
      headers: http.headers,
      bodyBase64: Buffer.from(http.body).toString('base64'),
      ...(http.oidcToken !== undefined && {
        oidc: { email: http.oidcToken.serviceAccountEmail, audience: http.oidcToken.audience },
      }),
    },
    progress: {
      scheduleMs: scheduleMs(task.scheduleTime, nowMs),
      dispatchCount: 0,
      responseCount: 0,
      executionCount: 0,
      inFlight: false,
    },
  }
}

function checkParent(queue: string, name: string): void {
  const owner = checkTaskName(name)
  if (owner === queue) return
  throw refusals.invalid(
    `The queue name from request ('${queue}') must be the same as the queue name in the named task ('${owner}').`,
  )
}

function scheduleMs(wantedMs: number | undefined, nowMs: number): number {
  if (wantedMs === undefined || wantedMs < nowMs) return nowMs
  if (wantedMs <= nowMs + MAX_AHEAD_MS) return wantedMs
  throw refusals.invalid(
    `The Task.scheduleTime, ${toIso(wantedMs)}, is too far in the future. Schedule time must be no more than 720h in the future.`,
  )
}

function deadlineMs(wantedMs: number = DEADLINE_MS.default): number {
  if (wantedMs >= DEADLINE_MS.min && wantedMs <= DEADLINE_MS.max) return Math.trunc(wantedMs)
  throw refusals.invalid('Task.dispatchDeadline must be between [15s, 30m].')
}

function checkHttpRequest(http: HttpRequest): void {
  if (http.url === '') throw refusals.invalid('HttpRequest.url is required.')
  if (!/^https?:\/\//.test(http.url)) {
    throw refusals.invalid("HttpTarget.url must start with 'http://' or 'https://'.")
  }
  if (http.url.length > MAX_URL_LENGTH) throw refusals.invalid('HttpRequest.url is too long.')
  if (http.body.length >= MAX_BODY_BYTES) throw refusals.invalid('Task size too large')
  if (http.body.length > 0 && !['POST', 'PUT', 'PATCH'].includes(http.httpMethod)) {
    throw refusals.invalid(`HTTP method ${http.httpMethod} must not have a body.`)
  }
  if (http.oauthToken !== undefined) throw unserved('OAuth tokens')
  if (http.oidcToken?.serviceAccountEmail === '') {
    throw refusals.invalid('OidcToken.serviceAccountEmail is required.')
  }
  checkHeaders(http.headers)
}

function checkHeaders(headers: Record<string, string>): void {
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch (error) {
      throw refusals.invalid(`Invalid HTTP header: ${name}.`, { cause: error })
    }
  }
  if (bytes >= MAX_HEADER_BYTES) throw refusals.invalid('HTTP headers are too large.')
}

function unserved(what: string): RpcError {
  return new RpcError(status.UNIMPLEMENTED, `This server does not serve ${what}.`)
}
