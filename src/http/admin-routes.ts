import { json, type Request, Router } from 'express'
import * as z from 'zod'
import { type JobId, laneSchema, parseJobId, REASON_CODES, uidSchema } from '../kernel/index.ts'
import {
  type ActDeps,
  actOnJob,
  decodeJobCursor,
  encodeJobCursor,
  listJobs,
  type OperatorAction,
  overviewOf,
  projectRecord,
  projectSheet,
  type ShowJobDeps,
  showJob,
} from '../operators/index.ts'
import type { Clock, OperatorVerifier } from '../ports/index.ts'
import { type PassDeps, recoveryPass } from '../recovery/index.ts'
import type { Events } from '../telemetry/index.ts'
import { authenticateOperator } from './authenticate.ts'
import { HttpError } from './errors.ts'

export interface AdminRouteDeps {
  readonly operators: OperatorVerifier
  readonly operating: ActDeps & ShowJobDeps
  readonly recovery: PassDeps
  readonly clock: Clock
  readonly events: Events
  readonly stop: AbortSignal
}

const querySchema = z.object({
  state: z.enum(['live', 'completed', 'partial_failure', 'failed']).default('live'),
  user: uidSchema.optional(),
  lane: laneSchema.optional(),
  reason: z.enum(REASON_CODES).optional(),
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
const hoursSchema = z.coerce.number().int().min(1).max(48).default(24)
const reasonSchema = z.object({ reason: z.string().trim().min(1).max(500) })
const ACTIONS: readonly OperatorAction['kind'][] = ['requeue', 'fail', 'cancel']

/** What operators' tools are made of. Every route proves its operator first (I10). */
export function adminRoutes(deps: AdminRouteDeps): Router {
  const router = Router()
  const readJson = json({ limit: '16kb' })
  router.get('/v2/admin/overview', async (req, res) => {
    await authenticateOperator(deps, req)
    const hours = parse(hoursSchema, req.query['hours'], 'hours')
    res.set('Cache-Control', 'no-store')
    res.json(await overviewOf(deps.operating.store, deps.clock.now(), hours))
  })
  router.get('/v2/admin/jobs', async (req, res) => {
    await authenticateOperator(deps, req)
    const {
      user: uid,
      reason: reasonCode,
      cursor,
      ...query
    } = parse(querySchema, req.query, 'query')
    const before = cursor === undefined ? undefined : decodeJobCursor(cursor)
    if (cursor !== undefined && !before) throw invalid('cursor is none of ours')
    const page = await listJobs(deps.operating.store, { ...query, uid, reasonCode, before })
    res.set('Cache-Control', 'no-store').json({
      jobs: page.jobs.map(projectRecord),
      ...(page.next ? { next_cursor: encodeJobCursor(page.next) } : {}),
    })
  })
  router.get('/v2/admin/jobs/:jobId', async (req, res) => {
    await authenticateOperator(deps, req)
    res.set('Cache-Control', 'no-store').json(await sheetOf(deps, jobIdOf(req)))
  })
  for (const kind of ACTIONS) {
    router.post(`/v2/admin/jobs/:jobId/${kind}`, readJson, async (req, res) => {
      const operator = await authenticateOperator(deps, req)
      const { reason } = parse(reasonSchema, req.body, 'body')
      const jobId = jobIdOf(req)
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
    deps.events.operatorActed({ action: 'reap', reason: 'asked for', operator })
    res.json(await recoveryPass(deps.recovery, deps.stop))
  })
  return router
}

async function sheetOf(deps: AdminRouteDeps, jobId: JobId) {
  const sheet = await showJob(deps.operating, jobId)
  if (!sheet) throw unknownJob()
  return projectSheet(sheet)
}

function jobIdOf(req: Request): JobId {
  const jobId = parseJobId(String(req.params['jobId']))
  if (!jobId) throw unknownJob()
  return jobId
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(`${[what, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'invalid'}`)
}

function invalid(message: string): HttpError {
  return new HttpError(message, { status: 400, code: 'invalid_request' })
}

function unknownJob(): HttpError {
  return new HttpError('the store holds no such job', { status: 404, code: 'job_not_found' })
}
