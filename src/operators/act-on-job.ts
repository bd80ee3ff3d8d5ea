import type { Archive } from '../durable/index.ts'
import { type EndLiveDeps, type EnqueueDeps, endLiveJob, enqueue } from '../jobs/index.ts'
import { type JobId, type ReasonCode, UnavailableError } from '../kernel/index.ts'
import type { JobStore } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

export interface ActDeps extends EndLiveDeps {
  readonly store: JobStore
  readonly archive: Archive
  readonly events: Events
  /** Absent where no queue is configured: a requeued job is then run by the next recovery pass. */
  readonly enqueueing: EnqueueDeps | undefined
  readonly probeAfterMs: number
}

export interface OperatorAction {
  readonly kind: 'requeue' | 'fail' | 'cancel'
  /** In the operator's words; stands in the timeline and in the log. */
  readonly reason: string
  /** Address of the operator. */
  readonly operator: string
}

export type ActOutcome =
  /** The job stands as asked: ended, or queued under a new generation. */
  | { readonly kind: 'done' }
  /** It had ended before; an end never changes (I2). */
  | { readonly kind: 'ended' }
  | { readonly kind: 'missing' }

const LOOKS = 5
const REASON_CODES = {
  fail: 'sync_operator_failed',
  cancel: 'sync_cancelled',
} as const satisfies Record<'fail' | 'cancel', ReasonCode>

/**
 * An override by hand: compares what it saw, fences the holder, and says who did it and why. A job
 * that ends keeps what landed. A requeue spends neither attempt nor revival.
 * @throws UnavailableError when nothing is proven, or the job moved each time
 */
export async function actOnJob(
  deps: ActDeps,
  jobId: JobId,
  action: OperatorAction,
): Promise<ActOutcome> {
  for (let look = 1; look <= LOOKS; look += 1) {
    const record = await deps.store.read(jobId)
    if (!record) return { kind: 'missing' }
    if ('outcome' in record) return { kind: 'ended' }
    if (look === 1) await note(deps, jobId, action)
    const done =
      action.kind === 'requeue'
        ? await requeue(deps, record, action)
        : await endLiveJob(deps, record, {
            reasonCode: REASON_CODES[action.kind],
            by: 'operator',
            isForced: look > 2,
          })
    if (done) return { kind: 'done' }
  }
  throw new UnavailableError('the job moved each time it was to be changed', { party: 'redis' })
}

async function note(deps: ActDeps, jobId: JobId, action: OperatorAction): Promise<void> {
  const { kind, reason, operator } = action
  await deps.store.note(jobId, 'operator', { action: kind, reason, operator })
  deps.events.operatorActed({ jobId, action: kind, reason, operator })
}

/** The next generation, due now; what cannot be enqueued is ensured by recovery. */
async function requeue(
  deps: ActDeps,
  record: Parameters<typeof endLiveJob>[1],
  action: OperatorAction,
): Promise<boolean> {
  const { jobId, uid, uidHash, lane, status, epoch, generation } = record
  const isQueued = deps.enqueueing !== undefined && record.dispatchMode === 'cloud_tasks'
  const moved = await deps.store.overrideGeneration(
    jobId,
    { status, epoch, generation },
    { revival: false, dueInMs: isQueued ? deps.probeAfterMs : 0 },
  )
  if (moved.kind !== 'done') return false
  deps.events.statusRewritten({
    ...{ jobId, uid, uidHash },
    from: status,
    to: 'queued',
    reason: action.reason,
    by: 'operator',
  })
  if (isQueued && deps.enqueueing) {
    await enqueue(deps.enqueueing, { jobId, uidHash, lane, generation: moved.generation })
  }
  return true
}
