import { type Request, type Response, Router } from 'express'
import type { RunningWork } from '../dispatch/index.ts'
import { type AcceptDeps, type Accepted, acceptUpload } from '../intake/index.ts'
import type { Naming } from '../kernel/index.ts'
import type { UserVerifier } from '../ports/index.ts'
import {
  projectResult,
  projectStatus,
  type StatusDeps,
  watchStatus,
  wholeSeconds,
} from '../status/index.ts'
import type { SpanFacts, Tracer } from '../telemetry/index.ts'
import type { Admission } from './admission.ts'
import { authenticate } from './authenticate.ts'
import { HttpError } from './errors.ts'
import { type MultipartOptions, readParts } from './multipart.ts'
import { readOwnSpeechToText, type SpeechFromKey } from './own-key.ts'
import { requestSignal } from './request-signal.ts'

export interface UploadRouteDeps {
  readonly tracer: Tracer
  readonly users: UserVerifier
  readonly naming: Naming
  readonly accept: AcceptDeps
  readonly status: StatusDeps
  readonly multipart: MultipartOptions
  readonly admission: Admission
  readonly speechFromKey: SpeechFromKey
  readonly pollAfterMs: number
  readonly streamIntervalMs: number
  /** Aborted at shutdown. */
  readonly stop: AbortSignal
  /** Told of every upload: accepted ones are waited for at shutdown although their client is gone. */
  readonly runs: Pick<RunningWork, 'track'>
}

const V2_PATH = '/v2/sync-local-files'

export function uploadRoutes(deps: UploadRouteDeps): Router {
  const router = Router()
  router.post(V2_PATH, async (req, res) => {
    const accepted = await receive(deps, req, res)
    res.status(202).json(projectAccepted(deps, accepted))
  })
  // The older form of the call: the same upload, answered when the job has ended.
  router.post('/v1/sync-local-files', async (req, res) => {
    res.set('Deprecation', 'true')
    res.set('Link', `<${V2_PATH}>; rel="successor-version"`)
    const { jobId } = await receive(deps, req, res)
    const uidHash = deps.naming.uidHash(
      await authenticate({ ...deps, events: deps.accept.events }, req),
    )
    const { clock } = deps.accept
    const waiting = AbortSignal.any([requestSignal(res), deps.stop])
    const watch = { ...deps.status, clock, intervalMs: deps.streamIntervalMs }
    for await (const view of watchStatus(watch, uidHash, jobId, waiting)) {
      if (!view.outcome) continue
      if (view.outcome.status === 'failed') {
        const status = projectStatus(view, clock.now(), deps.status.pace)
        const { reasonCode: code, error: detail } = view.outcome
        res.status(500).json({ code, detail, ...status })
      } else {
        res
          .status(view.outcome.status === 'completed' ? 200 : 207)
          .json(projectResult(view.outcome))
      }
      return
    }
    throw new HttpError('the job did not end in time', { status: 503, code: 'timeout' })
  })
  return router
}

/** Refused before anything else when this process holds enough (I12). */
async function receive(deps: UploadRouteDeps, req: Request, res: Response): Promise<Accepted> {
  const place = deps.admission.enterUpload()
  try {
    return await traced(deps, req, res)
  } finally {
    place.leave()
  }
}

function traced(deps: UploadRouteDeps, req: Request, res: Response): Promise<Accepted> {
  const work = async (note: (facts: SpanFacts) => void) => {
    const accepted = await accept(deps, req, res, note)
    note({
      jobId: accepted.jobId,
      lane: accepted.lane,
      status: accepted.status,
      files: accepted.totalFiles,
    })
    return accepted
  }
  return deps.tracer.span('upload', {}, work, 'server')
}

async function accept(
  deps: UploadRouteDeps,
  req: Request,
  res: Response,
  note: (facts: SpanFacts) => void,
): Promise<Accepted> {
  const uid = await authenticate({ users: deps.users, events: deps.accept.events }, req)
  note({ uid, uidHash: deps.naming.uidHash(uid) })
  const ownSpeechToText = readOwnSpeechToText(req, deps.speechFromKey)
  const { conversation_id: target } = req.query
  const platform = req.get('X-App-Platform')
  const appVersion = req.get('X-App-Version')
  const keys = req.headersDistinct['idempotency-key']
  const accepting = acceptUpload(deps.accept, {
    uid,
    parts: readParts(deps.accept, req, deps.multipart),
    conversationId: typeof target === 'string' ? target : undefined,
    // Two keys are none.
    ...(keys ? { idempotencyKey: keys.length === 1 ? (keys[0] ?? '') : '' } : {}),
    ...(platform ? { platform } : {}),
    ...(appVersion ? { appVersion } : {}),
    ...(ownSpeechToText ? { ownSpeechToText } : {}),
    signal: requestSignal(res),
  })
  return deps.runs.track(accepting)
}

function projectAccepted({ accept, pollAfterMs }: UploadRouteDeps, accepted: Accepted) {
  const { outcome } = accepted
  const retryAfterAt = outcome?.retryAfterAt
  return {
    job_id: accepted.jobId,
    status: accepted.status,
    total_files: accepted.totalFiles,
    total_segments: accepted.totalSegments,
    poll_after_ms: outcome ? 0 : pollAfterMs,
    lane: accepted.lane,
    ...(outcome?.reasonCode ? { reason_code: outcome.reasonCode } : {}),
    ...(retryAfterAt === undefined
      ? {}
      : { retry_after: wholeSeconds(retryAfterAt - accept.clock.now()) }),
    ...(outcome?.error ? { error: outcome.error } : {}),
    ...(outcome ? { result: projectResult(outcome) } : {}),
  }
}
