import { ENRICHMENT_TASK_SCHEMA_VERSION, enrichmentTaskName } from '../kernel/index.ts'
import type { EnrichmentRecord } from '../ports/index.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'

type Target = Pick<
  EnrichmentRecord,
  'id' | 'uidHash' | 'conversationId' | 'revision' | 'lane' | 'generation'
>

/**
 * Creates the task of one generation. `burnt`: its name was used and its task is gone; `unproven`: it
 * may exist or not. Never fails for what the queue answered: recovery asks again.
 */
export async function enqueueWork(
  deps: Pick<EnrichmentDeps, 'queue' | 'events' | 'startHere'>,
  target: Target,
  notBefore?: number,
): Promise<'live' | 'burnt' | 'unproven'> {
  const { queue, events } = deps
  if (!queue) {
    deps.startHere(target)
    return 'live'
  }
  const { id: enrichmentId, lane, generation } = target
  const name = enrichmentTaskName(enrichmentId, generation)
  const answer = await queue.create({
    lane,
    name,
    payload: {
      schema_version: ENRICHMENT_TASK_SCHEMA_VERSION,
      uid_hash: target.uidHash,
      conversation_id: target.conversationId,
      revision: target.revision,
      lane,
      generation,
    },
    ...(notBefore === undefined ? {} : { notBefore }),
  })
  if (answer.kind === 'created') {
    events.enrichmentEnqueued({ enrichmentId, generation, lane })
    return 'live'
  }
  if (answer.kind === 'refused' || answer.kind === 'uncertain') {
    const { kind, cause } = answer
    events.enrichmentEnqueueFailed({ enrichmentId, generation, lane, kind, cause })
    return 'unproven'
  }
  const found = await queue.find(lane, name)
  return found === 'unknown' ? 'unproven' : found === 'gone' ? 'burnt' : 'live'
}

export type EnsuredWork = 'live' | 'created' | 'next_generation' | 'unproven' | 'raced'

/** Asks the queue for the work's task before anything is done: a live one is backlog (I8). */
export async function ensureWorkTask(
  deps: EnrichmentDeps,
  record: EnrichmentRecord,
): Promise<EnsuredWork> {
  const name = enrichmentTaskName(record.id, record.generation)
  const found = (await deps.queue?.find(record.lane, name)) ?? 'gone'
  if (found === 'live') return 'live'
  if (found === 'unknown') return 'unproven'
  const first = await enqueueWork(deps, record)
  if (first !== 'burnt') return first === 'live' ? 'created' : 'unproven'
  const moved = await deps.store.overrideGeneration(record.id, record, deps.probeAfterMs)
  if (moved.kind !== 'done') return 'raced'
  const next = await enqueueWork(deps, { ...record, generation: moved.generation })
  return next === 'live' ? 'next_generation' : 'unproven'
}
