import type { TokenIssuer } from '../issuer/index.ts'
import type { TaskRecord } from './records.ts'
import { shortId } from './resource-names.ts'

/** What a task cannot set: the service's own, and what the connection decides. */
const REFUSED =
  /^(x-cloudtasks-.*|x-google-.*|x-appengine-.*|host|content-length|user-agent|connection|transfer-encoding|keep-alive|upgrade|expect|te|trailer)$/i

/**
 * Headers of the attempt `task.progress` has just begun, as recorded from the real service
 * (aertje/cloud-tasks-emulator, conformance/golden/dispatch.json): the
 * retry count is every earlier attempt, the execution count only those answered below 500; a
 * previous response and an empty retry reason appear from the second attempt on.
 */
export function deliveryHeaders(
  task: TaskRecord,
  previousStatus: number | undefined,
  issuer: Pick<TokenIssuer, 'mint'>,
): Record<string, string> {
  const { request, progress } = task
  const own = Object.entries(request.headers).filter(
    ([name]) => !REFUSED.test(name) && !(request.oidc && /^authorization$/i.test(name)),
  )
  const retries = progress.dispatchCount - 1
  const body = Buffer.from(request.bodyBase64, 'base64')
  return {
    ...Object.fromEntries(own),
    ...((body.length > 0 || takesBody(request.method)) && {
      'Content-Length': String(body.length),
    }),
    'User-Agent': 'Google-Cloud-Tasks',
    'X-CloudTasks-QueueName': shortId(task.queue),
    'X-CloudTasks-TaskName': shortId(task.name),
    'X-CloudTasks-TaskRetryCount': String(retries),
    'X-CloudTasks-TaskExecutionCount': String(progress.executionCount),
    'X-CloudTasks-TaskETA': (progress.scheduleMs / 1_000).toFixed(6),
    ...(retries > 0 && { 'X-CloudTasks-TaskRetryReason': '' }),
    ...(previousStatus !== undefined && {
      'X-CloudTasks-TaskPreviousResponse': String(previousStatus),
    }),
    ...(request.oidc && { Authorization: `Bearer ${mintToken(task, request.oidc, issuer)}` }),
  }
}

/** Minted at dispatch, so that a task may wait for days. Without an audience: the whole URL. */
function mintToken(
  task: TaskRecord,
  oidc: { email: string; audience: string },
  issuer: Pick<TokenIssuer, 'mint'>,
): string {
  return issuer.mint({ email: oidc.email, audience: oidc.audience || task.request.url })
}

function takesBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}
