import { type QueueAnswer, type QueueDelivery, refuseCaller } from '../jobs/index.ts'
import {
  describeError,
  NewerSchemaError,
  objectNames,
  parseTaskBody,
  type TaskPayload,
  type UidHash,
  uidHashSchema,
} from '../kernel/index.ts'
import { answers } from './answers.ts'
import { claimAndRun } from './claim-and-run.ts'
import type { DeliveryDeps } from './delivery-deps.ts'

/** One push of the queue: verify, claim, run, and say in the queue's language what became of it. */
export async function deliver(deps: DeliveryDeps, delivery: QueueDelivery): Promise<QueueAnswer> {
  const refused = await refuseCaller(deps, delivery)
  if (refused) return refused
  const parsed = parseTaskBody(delivery.body)
  if (parsed.kind === 'newer_schema') return answers.newerSchema(parsed.version)
  const uidHash = parsed.kind === 'task' ? manifestOwner(parsed.payload) : undefined
  if (parsed.kind === 'invalid' || uidHash === undefined) {
    const fault = parsed.kind === 'invalid' ? parsed.fault : 'manifest does not belong to job_id'
    deps.events.deliveryDropped({ reason: 'invalid_payload', detail: fault })
    return answers.invalidPayload()
  }
  try {
    return await claimAndRun(deps, parsed.payload, uidHash, delivery)
  } catch (error) {
    if (error instanceof NewerSchemaError) return answers.newerSchema(error.version)
    deps.events.unexpectedError({ where: 'delivery', jobId: parsed.payload.job_id, error })
    return answers.retry(describeError(error))
  }
}

/** The user's keyed hash out of the manifest's name, when the name is this job's own. */
function manifestOwner(payload: TaskPayload): UidHash | undefined {
  const owner = uidHashSchema.safeParse(payload.manifest.split('/')[1])
  if (!owner.success) return undefined
  return objectNames.manifest(owner.data, payload.job_id) === payload.manifest
    ? owner.data
    : undefined
}
