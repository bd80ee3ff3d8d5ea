import { json, type Request, Router } from 'express'
import * as z from 'zod'
import { HOUR_MS, type JobId, laneSchema, REASON_CODES, uidSchema } from '../kernel/index.ts'
import {
  type ActDeps,
  actOnJob,
  createOverview,
  decodeJobCursor,
  encodeJobCursor,
  listJobs,
  type OperatorAction,
  projectRecord,
  projectSheet,
  type ShowJobDeps,
  showJob,
} from '../operators/index.ts'
import type { Clock, LoadHistory, OperatorVerifier } from '../ports/index.ts'
import { type PassDeps, recoveryPass } from '../recovery/index.ts'
import type { Events } from '../telemetry/index.ts'
import { invalid, jobIdOf, parse, reasonSchema, recordOf, unknownJob } from './admin-requests.ts'
import { authenticateOperator } from './authenticate.ts'
import { HttpError } from './errors.ts'

export interface AdminRouteDeps {
  readonly operators: OperatorVerifier
  readonly operating: ActDeps & ShowJobDeps
  readonly loadHistory: LoadHistory
  readonly recovery: PassDeps
  readonly clock: Clock
  readonly events: Events
  readonly stop: AbortSignal
}

const querySchema = z.object({
  state: z
    .enum(['live', 'queued', 'processing', 'completed', 'partial_failure', 'failed'])
    .default('live'),
  user: uidSchema.optional(),
  /** A job: only those of its user. */
  user_of: z.string().optional(),
  lane: laneSchema.optional(),
  reason: z.enum(REASON_CODES).optional(),
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
const hoursSchema = z.coerce.number().int().min(1).max(48).default(24)
const ACTIONS: readonly OperatorAction['kind'][] = ['requeue', 'fail', 'cancel']

/** What operators' tools are made of. Every route proves its operator first (I10). */
export function adminRoutes(deps: AdminRouteDeps): Router {
  const router = Router()
  const readJson = json({ limit: '16kb' })
  const overviewOf = createOverview({ store: deps.operating.store, clock: deps.clock })
  router.get('/v2/admin/overview', async (req, res) => {
    await authenticateOperator(deps, req)
    const hours = parse(hoursSchema, req.query['hours'], 'hours')
    res.set('Cache-Control', 'no-store')
    res.json(await overviewOf(hours))
  })
  router.get('/v2/admin/load', async (req, res) => {
    await authenticateOperator(deps, req)
    const hours = parse(hoursSchema, req.query['hours'], 'hours')
    const samples = await deps.loadHistory.since(deps.clock.now() - hours * HOUR_MS)
    res.set('Cache-Control', 'no-store').json({ samples })
  })
  router.get('/v2/admin/jobs', async (req, res) => {
    await authenticateOperator(deps, req)
    const { user, user_of, reason, cursor, ...query } = parse(
      querySchema,
      { ...userOf(req), ...req.query },
      'query',
    )
    const before = cursor === undefined ? undefined : decodeJobCursor(cursor)
    if (cursor !== undefined && !before) throw invalid('cursor is none of ours')
    const uid = user_of === undefined ? user : (await recordOf(deps, user_of)).uid
    const { store } = deps.operating
    const page = await listJobs(store, { ...query, uid, reasonCode: reason, before })
    res.set('Cache-Control', 'no-store').json({
      jobs: page.jobs.map(projectRecord),
      ...(page.next ? { next_cursor: encodeJobCursor(page.next) } : {}),
    })
  })
  router.get('/v2/admin/jobs/:jobId', async (req, res) => {
    await authenticateOperator(deps, req)
    res.set('Cache-Control', 'no-store').json(await sheetOf(deps, jobIdOf(req.params.jobId)))
  })
  for (const kind of ACTIONS) {
    router.post(`/v2/admin/jobs/:jobId/${kind}`, readJson, async (req, res) => {
      const operator = await authenticateOperator(deps, req)
      const { reason } = parse(reasonSchema, req.body, 'body')
      const jobId = jobIdOf(req.params.jobId)
      const outcome = await actOnJob(deps.operating, jobId, { kind, reason, operator })
      if (outcome.kind === 'missing') throw unknownJob()
      if (outcome.kind === 'ended') {
        throw new HttpError('the job has ended, and an end never changes', {
          status: 409,
          code: 'job_ended',
        })
      }
      res.json(await sheetOf(deps, jobId))
    })
  }
  router.post('/v2/admin/reap', readJson, async (req, res) => {
    const operator = await authenticateOperator(deps, req)
    const { reason } = parse(reasonSchema.partial(), req.body ?? {}, 'body')
    deps.events.operatorActed({ action: 'reap', reason: reason ?? 'asked for', operator })
    res.json(await recoveryPass(deps.recovery, deps.stop))
  })
  return router
}

/** Who is asked for may be named in a header: request logs keep addresses. */
function userOf(req: Request): { readonly user?: string } {
  const text = req.get('X-User-Id')
  if (text === undefined) return {}
  try {
    return { user: decodeURIComponent(text) }
  } catch (cause) {
    throw invalid('X-User-Id is no URI component', { cause })
  }
}

async function sheetOf(deps: AdminRouteDeps, jobId: JobId) {
  const sheet = await showJob(deps.operating, jobId)
  if (!sheet) throw unknownJob()
  return projectSheet(sheet)
}
