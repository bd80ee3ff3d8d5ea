import { type QueueAnswer, type QueueDelivery, refuseCaller } from '../jobs/index.ts'
import {
  describeError,
  type EnrichmentSubject,
  type EnrichmentTaskPayload,
  enrichmentIdOf,
  isFinalDelivery,
  parseEnrichmentTask,
  parseRetryCount,
} from '../kernel/index.ts'
import type { TaskCallerVerifier } from '../ports/index.ts'
import { announceConversation } from './announce.ts'
import { answers } from './answers.ts'
import { claimAndWork } from './claim-and-work.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'
import { settleWork } from './settle-work.ts'

export interface EnrichmentDeliveryDeps extends EnrichmentDeps {
  readonly verifier: TaskCallerVerifier
  /** The queue's maxAttempts, the first one included. */
  readonly queueAttempts: number
}

/** One push of the queue: verify (I10), claim, work, and say in the queue's language what became of it. */
export async function deliverEnrichment(
  deps: EnrichmentDeliveryDeps,
  delivery: QueueDelivery,
): Promise<QueueAnswer> {
  const refused = await refuseCaller(deps, delivery)
  if (refused) return refused
  const parsed = parseEnrichmentTask(delivery.body)
  if (parsed.kind === 'newer_schema') return answers.newerSchema(parsed.version)
  if (parsed.kind === 'invalid') {
    deps.events.deliveryDropped({ reason: 'invalid_payload', detail: parsed.fault })
    return answers.invalidPayload()
  }
  try {
    return await workOn(deps, parsed.payload, delivery)
  } catch (error) {
    deps.events.unexpectedError({ where: 'enrichment', error })
    return answers.retry(describeError(error))
  }
}

async function workOn(
  deps: EnrichmentDeliveryDeps,
  payload: EnrichmentTaskPayload,
  delivery: QueueDelivery,
): Promise<QueueAnswer> {
  const { uid_hash: uidHash, conversation_id: conversationId, revision, generation } = payload
  const subject = { uidHash, conversationId, revision }
  const retryCount = parseRetryCount(delivery.retryCount)
  const how = {
    generation,
    finalDelivery: isFinalDelivery(retryCount, deps.queueAttempts),
    stop: delivery.stop,
  }
  let worked = await claimAndWork(deps, enrichmentIdOf(subject), how)
  if (worked.kind === 'missing') {
    const answer = await bringBack(deps, subject, payload)
    if (answer) return answer
    worked = await claimAndWork(deps, enrichmentIdOf(subject), how)
  }
  switch (worked.kind) {
    case 'worked':
      return answers.of(worked.conclusion)
    case 'missing':
      return answers.retry('the work vanished')
    case 'stale_generation':
      return answers.stale(generation, worked.generation)
    case 'locked':
      return answers.locked()
    case 'ended': {
      // Whoever ended it may have died before the listeners knew (F40).
      const { record } = worked
      if (record.status === 'ended') await settleWork(deps, record)
      return answers.acked(record.status === 'ended' ? record.end.verdict : record.status)
    }
  }
}

/** The store knows nothing of it: it is done and forgotten, or not wanted any more, or was lost. */
async function bringBack(
  deps: EnrichmentDeps,
  subject: EnrichmentSubject,
  { lane }: EnrichmentTaskPayload,
): Promise<QueueAnswer | undefined> {
  const object = await deps.archive.readEnrichment(subject)
  if (object) return answers.acked(object.verdict)
  const announced = await announceConversation(deps, { ...subject, lane, listeners: [] })
  const isSame = announced.kind === 'work' && announced.record.revision === subject.revision
  return isSame ? undefined : answers.acked('superseded')
}
