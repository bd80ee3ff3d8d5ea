import { enqueue, type QueueAnswer, rebuildJob } from '../jobs/index.ts'
import {
  isTerminal,
  type JobId,
  type Manifest,
  type TaskPayload,
  type UidHash,
} from '../kernel/index.ts'
import type { ClaimResult } from '../ports/index.ts'
import { answers } from './answers.ts'
import type { DeliveryDeps } from './delivery-deps.ts'

/** The record is gone: the outcome answers, or the manifest brings the job back, or it is over. */
export async function bringBack(
  deps: DeliveryDeps,
  payload: TaskPayload,
  uidHash: UidHash,
): Promise<QueueAnswer | undefined> {
  const outcome = await deps.archive.readOutcome(uidHash, payload.job_id)
  const manifest = await deps.archive.readManifest(uidHash, payload.job_id)
  if (outcome) {
    const status = 'outcome' in outcome ? outcome.outcome.status : 'same_as'
    return settleOwed(deps, payload.job_id, manifest, answers.acked(status))
  }
  if (!manifest) {
    deps.events.deliveryDropped({ reason: 'job_expired' })
    return answers.expired()
  }
  const rebuilt = await rebuildJob(deps, manifest, deps.probeAfterMs)
  return rebuilt === 'rebuilt' ? undefined : answers.acked('same_as')
}

/** What the queue hears when the claim was not granted. */
export async function withoutClaim(
  deps: DeliveryDeps,
  payload: TaskPayload,
  uidHash: UidHash,
  granted: Exclude<ClaimResult, { kind: 'claimed' }>,
): Promise<QueueAnswer> {
  const jobId = payload.job_id
  switch (granted.kind) {
    case 'missing':
      return answers.retry('the record vanished')
    case 'newer_schema':
      return answers.newerSchema(granted.version)
    case 'stale_generation':
      return answers.stale(payload.generation, granted.generation)
    case 'locked':
      return answers.locked()
    case 'no_slot': {
      const manifest = await deps.archive.readManifest(uidHash, jobId)
      if (manifest && deps.enqueueing) {
        const target = { ...manifest, generation: granted.generation }
        await enqueue(deps.enqueueing, target, { notBefore: granted.retryAt })
      }
      return answers.snoozed(granted.generation)
    }
    case 'ending':
    case 'terminal':
      return finishOwed(deps, payload, uidHash)
  }
}

/** A terminal or frozen job: what it still owes is done now, whoever was to do it (F40, F41). */
async function finishOwed(
  deps: DeliveryDeps,
  payload: TaskPayload,
  uidHash: UidHash,
): Promise<QueueAnswer> {
  const jobId = payload.job_id
  const record = await deps.store.read(jobId)
  if (!record) return answers.retry('the record vanished')
  if (record.status === 'processing' && record.ending) {
    await deps.endings.complete(record, record.ending)
  } else if (!isTerminal(record.status)) {
    return answers.retry('the job moved')
  }
  const ended = await deps.store.read(jobId)
  const manifest = await deps.archive.readManifest(uidHash, jobId)
  return settleOwed(deps, jobId, manifest, answers.acked(ended?.status ?? record.status))
}

/** Clears what a terminal job owes; a failure asks the queue for another delivery. */
export async function settleOwed(
  deps: DeliveryDeps,
  jobId: JobId,
  manifest: Manifest | undefined,
  answer: QueueAnswer,
): Promise<QueueAnswer> {
  try {
    await deps.endings.settle(jobId, manifest)
    return answer
  } catch (error) {
    deps.events.unexpectedError({ where: 'clean-up', jobId, error })
    return answers.cleanupOwed()
  }
}
