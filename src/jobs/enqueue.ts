import {
  type JobId,
  type JobRecord,
  type Lane,
  objectNames,
  shardOfJob,
  TASK_SCHEMA_VERSION,
  taskName,
  type UidHash,
} from '../kernel/index.ts'
import type { JobStore, NewTask, TaskQueue } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

/** What is needed to point a task at a job. */
export interface TaskTarget {
  readonly jobId: JobId
  readonly uidHash: UidHash
  readonly lane: Lane
  readonly generation: number
}

/**
 * `burnt`: the name was used and its task is gone; `uncertain` proves nothing; `refused` proves that
 * no task exists.
 */
export type EnqueueOutcome =
  | { readonly kind: 'enqueued' | 'burnt' }
  | { readonly kind: 'uncertain' | 'refused'; readonly cause: string }

export interface EnqueueDeps {
  readonly queue: TaskQueue
  readonly store: Pick<JobStore, 'overrideGeneration'>
  readonly events: Pick<Events, 'taskEnqueued' | 'taskEnqueueUncertain' | 'taskEnqueueRefused'>
}

/** Creates the task of one generation. A name that exists counts only while its task is live. */
export async function enqueue(
  deps: EnqueueDeps,
  target: TaskTarget,
  options: { readonly notBefore?: number; readonly headers?: NewTask['headers'] } = {},
): Promise<EnqueueOutcome> {
  const name = taskName(target.jobId, target.generation)
  const answer = await deps.queue.create({
    lane: target.lane,
    name,
    payload: {
      schema_version: TASK_SCHEMA_VERSION,
      job_id: target.jobId,
      uid_shard: shardOfJob(target.jobId),
      generation: target.generation,
      manifest: objectNames.manifest(target.uidHash, target.jobId),
    },
    ...(options.notBefore === undefined ? {} : { notBefore: options.notBefore }),
    ...(options.headers ? { headers: options.headers } : {}),
  })
  const facts = { jobId: target.jobId, generation: target.generation, lane: target.lane }
  if (answer.kind === 'created') {
    deps.events.taskEnqueued(facts)
    return { kind: 'enqueued' }
  }
  if (answer.kind === 'refused') {
    deps.events.taskEnqueueRefused({ ...facts, cause: answer.cause })
    return answer
  }
  const found = answer.kind === 'exists' ? await deps.queue.find(target.lane, name) : 'unknown'
  if (found === 'live') {
    deps.events.taskEnqueued(facts)
    return { kind: 'enqueued' }
  }
  if (found === 'gone') return { kind: 'burnt' }
  const cause = answer.kind === 'uncertain' ? answer.cause : 'the name exists, its task is unknown'
  deps.events.taskEnqueueUncertain({ ...facts, cause })
  return { kind: 'uncertain', cause }
}

/** Asks the queue for the job's current name: `live` is backlog, however old; `unknown` proves nothing. */
export function findTask(
  deps: EnqueueDeps,
  record: Pick<JobRecord, 'jobId' | 'lane' | 'generation'>,
): Promise<'live' | 'gone' | 'unknown'> {
  return deps.queue.find(record.lane, taskName(record.jobId, record.generation))
}

/**
 * For a task that is proven gone: it is created by the same name; a burnt name moves the job to the
 * next generation. Anything else proves nothing.
 */
export async function replaceTask(
  deps: EnqueueDeps,
  record: JobRecord,
  options: { readonly dueInMs: number; readonly reason: string; readonly notBefore?: number },
): Promise<'created' | 'next_generation' | 'unproven' | 'raced'> {
  const first = await enqueue(deps, record, options)
  if (first.kind === 'enqueued') return 'created'
  if (first.kind !== 'burnt') return 'unproven'
  const { dueInMs, reason } = options
  const revival = isRevival(record)
  const how = { revival, dueInMs, reason }
  const moved = await deps.store.overrideGeneration(record.jobId, record, how)
  if (moved.kind !== 'done') return 'raced'
  // Not enqueued for sure, it is due all the same: the next look creates it by its new name (F47).
  await enqueue(deps, { ...record, generation: moved.generation }, options)
  return 'next_generation'
}

/**
 * Counted only when somebody claimed this generation and it ended without progress. A death is met
 * here before any script has counted it, so a processing record speaks for itself.
 */
export function isRevival(record: JobRecord): boolean {
  if (record.claimedGeneration !== record.generation || record.landedInAttempt) return false
  return record.status === 'processing' || record.fruitlessAttempts > 0
}
