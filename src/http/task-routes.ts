import { type Request, type Response, Router, text } from 'express'
import { type DeliveryDeps, deliver, type RunningWork } from '../dispatch/index.ts'
import type { Enrichment } from '../enrichment/index.ts'
import type { QueueAnswer, QueueDelivery } from '../jobs/index.ts'
import { type JobId, parseTaskBody, RunAbortedError } from '../kernel/index.ts'
import { type PassDeps, recoveryPass } from '../recovery/index.ts'
import type { SpanFacts } from '../telemetry/index.ts'
import type { Admission } from './admission.ts'
import { HttpError } from './errors.ts'

export interface TaskRouteDeps {
  readonly delivery: DeliveryDeps
  readonly recovery: PassDeps
  /** Absent where no summaries are made. */
  readonly enrichment: Pick<Enrichment, 'deliver'> | undefined
  /** The request's own hard abort, below the queue's deadline; 0 for none. */
  readonly runAbortMs: number
  /** Aborted at shutdown, with a RunAbortedError. */
  readonly stop: AbortSignal
  readonly admission: Admission
  /** Told of every run: a shutdown waits for it even when its caller is gone. */
  readonly runs: Pick<RunningWork, 'track'>
}

/** A task's body is a pointer of a few hundred bytes. */
const MAX_TASK_BODY = '64kb'

export function taskRoutes(deps: TaskRouteDeps): Router {
  const router = Router()
  const readBody = text({ type: () => true, limit: MAX_TASK_BODY })
  const { enrichment } = deps
  router.post('/v2/sync-jobs/run', readBody, (req, res) =>
    answerDelivery(deps, req, res, {
      span: 'delivery',
      work: (delivery) => deliver(deps.delivery, delivery),
      jobOf,
    }),
  )
  if (enrichment) {
    router.post('/v2/sync-jobs/enrich', readBody, (req, res) =>
      answerDelivery(deps, req, res, {
        span: 'enrichment',
        work: enrichment.deliver,
        jobOf: () => undefined,
      }),
    )
  }
  router.post('/v2/sync-jobs/reap', readBody, async (req, res) => {
    const verdict = await deps.delivery.verifier.verifyCaller(req.headers.authorization)
    if (verdict.kind !== 'invoker') {
      throw new HttpError(`the caller was refused: ${verdict.reason}`, {
        status: verdict.kind === 'rejected' ? 403 : 500,
        code: verdict.kind === 'rejected' ? 'forbidden' : 'certificates_unavailable',
      })
    }
    const pass = () => deps.runs.track(recoveryPass(deps.recovery, deps.stop))
    res.json(await deps.delivery.tracer.span('recovery pass', {}, pass, 'server'))
  })
  return router
}

/** The job a verified caller's task points at. */
function jobOf(body: unknown): JobId | undefined {
  const parsed = parseTaskBody(String(body))
  return parsed.kind === 'task' ? parsed.payload.job_id : undefined
}

/** One push of the queue, whatever its kind: worked on inside the request, answered in its language. */
async function answerDelivery(
  deps: TaskRouteDeps,
  req: Request,
  res: Response,
  stage: {
    readonly span: string
    readonly work: (delivery: QueueDelivery) => Promise<QueueAnswer>
    readonly jobOf: (body: unknown) => JobId | undefined
  },
): Promise<void> {
  const { clock, events, tracer } = deps.delivery
  const startedMs = clock.monotonicMs()
  const place = deps.admission.enterDelivery()
  if (typeof place === 'string') {
    // Not 429 or 503, which slow the whole queue; no claim was asked for, so no attempt is spent.
    events.deliveryAnswered({ jobId: undefined, status: 409, code: 'busy', ms: 0 })
    res.status(409).json({ result: 'busy', shortage: place })
    return
  }
  const abort = hardAbort(deps)
  const work = async (note: (facts: SpanFacts) => void) => {
    const run = stage.work({
      authorization: req.headers.authorization,
      retryCount: req.get('X-CloudTasks-TaskRetryCount'),
      eta: req.get('X-CloudTasks-TaskETA'),
      body: typeof req.body === 'string' ? req.body : '',
      stop: AbortSignal.any([deps.stop, abort.signal]),
    })
    const answer = await deps.runs.track(run)
    const jobId = answer.status === 403 ? undefined : stage.jobOf(req.body)
    note({ jobId, httpStatus: answer.status, outcome: answer.body.result })
    events.deliveryAnswered({
      jobId,
      status: answer.status,
      code: answer.body.result,
      ms: Math.round(clock.monotonicMs() - startedMs),
    })
    return answer
  }
  try {
    const answer = await tracer.span(stage.span, {}, work, 'consumer')
    res.status(answer.status).json(answer.body)
  } finally {
    place.leave()
    abort.cancel()
  }
}

function hardAbort(deps: TaskRouteDeps): { readonly signal: AbortSignal; cancel(): void } {
  const abort = new AbortController()
  const breakOff = () => abort.abort(new RunAbortedError('hard_abort'))
  const limit =
    deps.runAbortMs > 0 ? deps.delivery.clock.after(deps.runAbortMs, breakOff) : undefined
  return { signal: abort.signal, cancel: () => limit?.cancel() }
}
