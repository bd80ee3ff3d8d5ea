import { Router } from 'express'
import type { Console } from '../console/index.ts'
import { REASONS } from '../kernel/index.ts'
import type { OperatorVerifier } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import { authenticateOperator } from './authenticate.ts'

export interface ConsoleRouteDeps {
  /** Absent where nobody may operate: then there is no page. */
  readonly console: Console | undefined
  readonly operators: OperatorVerifier
  readonly events: Events
  /** What the page tells its operator of the place. */
  readonly place: Place
}

export interface Place {
  readonly service: string | undefined
  readonly revision: string | undefined
  /** Where the log is kept. */
  readonly projectId: string | undefined
}

/**
 * The page has no cookies and no inline script, talks to its own origin alone, and is shown in nobody's
 * frame. Styles are set through the object model, which the policy does not concern.
 */
const PAGE_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
  'Cache-Control': 'no-store',
} as const

/** The operators' page: files for anyone, since they hold no secret; facts for operators alone. */
export function consoleRoutes(deps: ConsoleRouteDeps): Router {
  const router = Router()
  const page = deps.console
  if (!page) return router
  router.get(['/console', '/console/*path'], (req, res, next) => {
    const file = page.find(req.path)
    if (!file) return next()
    res.set(PAGE_HEADERS).type(file.type).send(file.body)
  })
  router.get('/v2/admin/session', async (req, res) => {
    const operator = await authenticateOperator(deps, req)
    const { service, revision, projectId } = deps.place
    res.set('Cache-Control', 'no-store').json({
      operator,
      service,
      revision,
      project_id: projectId,
      reasons: Object.entries(REASONS).map(([code, { meaning, actor, retryable }]) => ({
        ...{ code, meaning, actor, retryable },
      })),
    })
  })
  return router
}
