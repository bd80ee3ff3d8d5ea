import { type Request, type Response, Router } from 'express'
import type { RunningWork } from '../dispatch/index.ts'
import { type CancelDeps, cancelJob } from '../intake/index.ts'
import { type JobId, type Naming, parseJobId, SECOND_MS, type UidHash } from '../kernel/index.ts'
import type { Clock, UserVerifier } from '../ports/index.ts'
import { type FindStatusDeps, findStatus, projectStatus, watchStatus } from '../status/index.ts'
import type { Events } from '../telemetry/index.ts'
import { authenticate } from './authenticate.ts'
import { HttpError } from './errors.ts'
import { requestSignal } from './request-signal.ts'

export interface StatusRouteDeps {
  readonly users: UserVerifier
  readonly naming: Naming
  readonly events: Events
  readonly status: FindStatusDeps
  readonly cancel: CancelDeps
  /** Told of every cancel: a shutdown waits for it even when its caller is gone. */
  readonly runs: Pick<RunningWork, 'track'>
  readonly clock: Clock
  readonly streamIntervalMs: number
  /** Aborted at shutdown: streams end, and clients come back to another instance. */
  readonly stop: AbortSignal
}

/** Proxies close a silent stream; a comment keeps it open. */
const KEEP_ALIVE_MS = 15 * SECOND_MS

export function statusRoutes(deps: StatusRouteDeps): Router {
  const router = Router()
  router.get('/v2/sync-local-files/:jobId', async (req, res) => {
    const { uidHash, jobId } = await identify(deps, req)
    const found = await findStatus(deps.status, uidHash, jobId)
    if (found.kind !== 'found') throw notYours(found.kind)
    res.set('Cache-Control', 'no-store').json(projectStatus(found.view, deps.clock.now()))
  })
  router.delete('/v2/sync-local-files/:jobId', async (req, res) => {
    const { uidHash, jobId } = await identify(deps, req)
    const end = await deps.runs.track(cancelJob(deps.cancel, uidHash, jobId))
    if (end !== 'ended') throw notYours(end)
    const found = await findStatus(deps.status, uidHash, jobId)
    if (found.kind !== 'found') throw notYours(found.kind)
    res.json(projectStatus(found.view, deps.clock.now()))
  })
  router.get('/v2/sync-local-files/:jobId/events', async (req, res) => {
    const { uidHash, jobId } = await identify(deps, req)
    const found = await findStatus(deps.status, uidHash, jobId)
    if (found.kind !== 'found') throw notYours(found.kind)
    await streamStatus(deps, res, uidHash, jobId)
  })
  return router
}

async function streamStatus(
  deps: StatusRouteDeps,
  res: Response,
  uidHash: UidHash,
  jobId: JobId,
): Promise<void> {
  const signal = AbortSignal.any([requestSignal(res), deps.stop])
  const done = new AbortController()
  // Kept alive after the stream's end, the connection would hold up a shutdown for seconds.
  res.set({
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    Connection: 'close',
  })
  res.flushHeaders()
  const keepingAlive = keepAlive(deps.clock, res, AbortSignal.any([signal, done.signal]))
  const watch = { ...deps.status, clock: deps.clock, intervalMs: deps.streamIntervalMs }
  try {
    for await (const view of watchStatus(watch, uidHash, jobId, signal)) {
      res.write(`event: status\ndata: ${JSON.stringify(projectStatus(view, deps.clock.now()))}\n\n`)
    }
  } finally {
    done.abort()
    await keepingAlive
    res.end()
  }
}

async function keepAlive(clock: Clock, res: Response, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(KEEP_ALIVE_MS, signal)
      res.write(': still here\n\n')
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
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
