import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type JobId, type Naming, parseJobId, type StatusView } from '../kernel/index.ts'
import type { Clock, UserVerifier } from '../ports/index.ts'
import { findLive, projectStatus, type StatusDeps } from '../status/index.ts'
import { answerOfError, HttpError } from './errors.ts'

export interface HotStatusDeps {
  readonly users: UserVerifier
  readonly naming: Naming
  readonly status: StatusDeps
  readonly clock: Clock
  /** 0 for none. */
  readonly requestTimeoutMs: number
}

const POLL = /^\/v2\/sync-local-files\/([^/?]+)$/

/**
 * Answers the poll of a living job before the framework sees it: polls outnumber all other requests,
 * and the framework costs several times what the answer does. Whatever is not plainly that (no
 * identity, another's job, no record, a store that fails) goes to `app` as it came, which looks
 * again and answers by the one table.
 */
export function withHotStatus(deps: HotStatusDeps, app: RequestListener): RequestListener {
  return (req, res) => {
    const jobId = req.method === 'GET' ? polledJob(req.url) : undefined
    if (!jobId) return void app(req, res)
    const { clock, requestTimeoutMs, status } = deps
    const expire = () => sendTimeout(res)
    const limit = requestTimeoutMs > 0 ? clock.after(requestTimeoutMs, expire) : undefined
    const answer = (view?: StatusView) => {
      limit?.cancel()
      if (res.writableEnded) return
      if (!view) return app(req, res)
      sendJson(res, 200, JSON.stringify(projectStatus(view, clock.now(), status.pace)))
    }
    findOwn(deps, req, jobId).then(answer, () => answer())
  }
}

function polledJob(url: string | undefined): JobId | undefined {
  const [, text] = POLL.exec(url ?? '') ?? []
  return text === undefined ? undefined : parseJobId(text)
}

async function findOwn(
  deps: HotStatusDeps,
  req: IncomingMessage,
  jobId: JobId,
): Promise<StatusView | undefined> {
  const verdict = await deps.users.verifyUser(req.headers.authorization)
  if (verdict.kind !== 'user') return undefined
  return findLive(deps.status, deps.naming.uidHash(verdict.uid), jobId)
}

function sendTimeout(res: ServerResponse): void {
  const error = new HttpError('no answer in time', { status: 503, code: 'timeout' })
  const { status, code, detail, headers } = answerOfError(error)
  sendJson(res, status, JSON.stringify({ code, detail }), headers)
}

function sendJson(
  res: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  res
    .writeHead(status, {
      ...headers,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
    })
    .end(body)
}
