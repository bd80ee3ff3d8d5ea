import * as z from 'zod'
import { type JobId, jobIdSchema, parseJobId, SHARD_COUNT, shardOfJob } from './ids.ts'
import { type ParsedBody, parseBody } from './task-body.ts'

/** The task body is a pointer, never content; both sides validate it. */
export const TASK_SCHEMA_VERSION = 1

const taskPayloadSchema = z.object({
  schema_version: z.literal(TASK_SCHEMA_VERSION),
  job_id: jobIdSchema,
  uid_shard: z
    .int()
    .min(0)
    .max(SHARD_COUNT - 1),
  generation: z.int().nonnegative(),
  /** Object name of the manifest. */
  manifest: z.string().min(1).max(1_024),
})
export type TaskPayload = z.infer<typeof taskPayloadSchema>

export type ParsedTask = ParsedBody<TaskPayload>

export function parseTaskBody(body: string): ParsedTask {
  const parsed = parseBody(body, { schema: taskPayloadSchema, version: TASK_SCHEMA_VERSION })
  if (parsed.kind !== 'task') return parsed
  const { uid_shard, job_id } = parsed.payload
  return uid_shard === shardOfJob(job_id)
    ? parsed
    : { kind: 'invalid', fault: 'uid_shard does not match job_id' }
}

/** Generation 0 is the job id itself; a name is never used for anything else. */
export function taskName(jobId: JobId, generation: number): string {
  return generation === 0 ? jobId : `${jobId}-g${generation}`
}

/** The inverse of `taskName`; undefined for a name that is none of ours. */
export function parseTaskName(name: string): { jobId: JobId; generation: number } | undefined {
  const match = /^([0-9a-f-]{36})(?:-g([1-9]\d{0,8}))?$/.exec(name)
  const jobId = parseJobId(match?.[1] ?? '')
  return jobId === undefined ? undefined : { jobId, generation: Number(match?.[2] ?? 0) }
}
