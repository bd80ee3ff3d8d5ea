import type { RequestListener } from 'node:http'
import express, { type NextFunction, type Request, type Response } from 'express'
import { parseTraceContext, SECOND_MS } from '../kernel/index.ts'
import type { Clock } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import { type AdminConversationDeps, adminConversationRoutes } from './admin-conversation-routes.ts'
import { type AdminRouteDeps, adminRoutes } from './admin-routes.ts'
import { type ConsoleRouteDeps, consoleRoutes } from './console-routes.ts'
import { type ConversationRouteDeps, conversationRoutes } from './conversation-routes.ts'
import { answerOfError, ClientGoneError, HttpError } from './errors.ts'
import { withHotStatus } from './hot-status.ts'
import { type PreferenceRouteDeps, preferenceRoutes } from './preference-routes.ts'
import { type StatusRouteDeps, statusRoutes } from './status-routes.ts'
import { type TaskRouteDeps, taskRoutes } from './task-routes.ts'
import { type UploadRouteDeps, uploadRoutes } from './upload-routes.ts'

export interface AppDeps
  extends UploadRouteDeps,
    StatusRouteDeps,
    TaskRouteDeps,
    ConversationRouteDeps,
    PreferenceRouteDeps,
    AdminRouteDeps,
    AdminConversationDeps,
    ConsoleRouteDeps {
  /** Every route that does not limit itself; 0 for none. */
  readonly requestTimeoutMs: number
  /** What must answer before this instance takes traffic. */
  ready(): Promise<boolean>
}

/** Routes that limit themselves: a run by its hard abort, an upload by its silence, a stream by its job. */
const SELF_LIMITED =
  /^\/v2\/(sync-jobs\/(?:run|enrich)|sync-local-files|sync-local-files\/[^/]+\/events)\/?$/

/** How long a refused body is still read, so that the client sees the answer and not a reset. */
const LINGER_MS = 5 * SECOND_MS

/** The service's routes. Thin: every decision is a room's, every error goes through one table. */
export function createApp(deps: AppDeps): RequestListener {
  const app = express()
  app.disable('x-powered-by')
  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' })
  })
  app.get('/ready', async (_req, res) => {
    const ready = await deps.ready()
    res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'unavailable' })
  })
  app.use((req, _res, next) => {
    const { traceparent } = req.headers
    const cloudTraceContext = req.get('X-Cloud-Trace-Context')
    const caller = parseTraceContext({
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      cloudTraceContext,
    })
    deps.tracer.within(caller, next)
  })
  app.use((req, res, next) => {
    limitTime(deps, req, res)
    next()
  })
  app.use(uploadRoutes(deps), statusRoutes(deps), taskRoutes(deps), conversationRoutes(deps))
  app.use(
    preferenceRoutes(deps),
    adminRoutes(deps),
    adminConversationRoutes(deps),
    consoleRoutes(deps),
  )
  app.use(() => {
    throw new HttpError('no such route', { status: 404, code: 'not_found' })
  })
  app.use((error: unknown, req: Request, res: Response, _next: NextFunction) => {
    sendError(deps, error, req, res)
  })
  return withHotStatus(deps, app)
}

function sendError(
  deps: { readonly events: Events; readonly clock: Clock },
  error: unknown,
  req: Request,
  res: Response,
): void {
  if (error instanceof ClientGoneError || res.headersSent) {
    res.destroy()
    return
  }
  const answer = answerOfError(error)
  // A shed upload is as planned; any other 5xx is not.
  if (answer.status >= 500 && answer.code !== 'capacity')
    deps.events.unexpectedError({ where: `${req.method} ${req.route?.path ?? 'http'}`, error })
  else deps.events.uploadRefused({ code: answer.code, status: answer.status })
  res.status(answer.status).set(answer.headers).json({ code: answer.code, detail: answer.detail })
  if (!req.complete) lingerThenClose(deps.clock, req)
}

function limitTime(
  deps: { readonly events: Events; readonly clock: Clock; readonly requestTimeoutMs: number },
  req: Request,
  res: Response,
): void {
  if (deps.requestTimeoutMs === 0 || SELF_LIMITED.test(req.path)) return
  const limit = deps.clock.after(deps.requestTimeoutMs, () => {
    sendError(deps, new HttpError('no answer in time', { status: 503, code: 'timeout' }), req, res)
  })
  res.once('close', limit.cancel)
}

function lingerThenClose(clock: Clock, req: Request): void {
  req.resume()
  const limit = clock.after(LINGER_MS, () => req.destroy())
  req.once('close', limit.cancel)
}
