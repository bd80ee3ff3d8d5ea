import { type Request, Router } from 'express'
import type { RunningWork } from '../dispatch/index.ts'
import { type CancelDeps, cancelJob } from '../intake/index.ts'
import { type JobId, type Naming, parseJobId, type UidHash } from '../kernel/index.ts'
import type { UserVerifier } from '../ports/index.ts'
import { findStatus, projectStatus } from '../status/index.ts'
import type { Events } from '../telemetry/index.ts'
import { authenticate } from './authenticate.ts'
import { HttpError } from './errors.ts'
import { type StreamDeps, streamJob } from './stream-job.ts'

export interface StatusRouteDeps extends StreamDeps {
  readonly users: UserVerifier
  readonly naming: Naming
  readonly events: Events
  readonly cancel: CancelDeps
  /** Told of every cancel: a shutdown waits for it even when its caller is gone. */
  readonly runs: Pick<RunningWork, 'track'>
}

export function statusRoutes(deps: StatusRouteDeps): Router {
  const router = Router()
  router.get('/v2/sync-local-files/:jobId', async (req, res) => {
    const { uidHash, jobId } = await identify(deps, req)
    const found = await findStatus(deps.status, uidHash, jobId)
    if (found.kind !== 'found') throw notYours(found.kind)
    res
      .set('Cache-Control', 'no-store')
      .json(projectStatus(found.view, deps.clock.now(), deps.status.pace))
  })
  router.delete('/v2/sync-local-files/:jobId', async (req, res) => {
    const { uidHash, jobId } = await identify(deps, req)
    const end = await deps.runs.track(cancelJob(deps.cancel, uidHash, jobId))
    if (end !== 'ended') throw notYours(end)
    const found = await findStatus(deps.status, uidHash, jobId)
    if (found.kind !== 'found') throw notYours(found.kind)
    res.json(projectStatus(found.view, deps.clock.now(), deps.status.pace))
  })
  router.get('/v2/sync-local-files/:jobId/events', async (req, res) => {
    const { uidHash, jobId } = await identify(deps, req)
    const found = await findStatus(deps.status, uidHash, jobId)
    if (found.kind !== 'found') throw notYours(found.kind)
    await streamJob(deps, req, res, { uidHash, jobId })
  })
  return router
}

async function identify(
  deps: StatusRouteDeps,
  req: Request,
): Promise<{ readonly uidHash: UidHash; readonly jobId: JobId }> {
  const uid = await authenticate(deps, req)
  const jobId = parseJobId(String(req.params['jobId']))
  if (!jobId) throw notYours('unknown')
  return { uidHash: deps.naming.uidHash(uid), jobId }
}

function notYours(kind: 'unknown' | 'foreign'): HttpError {
  return kind === 'unknown'
    ? new HttpError('no such job', { status: 404, code: 'job_not_found' })
    : new HttpError('the job belongs to another user', { status: 403, code: 'job_forbidden' })
}
