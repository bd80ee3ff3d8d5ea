import * as z from 'zod'
import { SECOND_MS } from '../../kernel/index.ts'
import type { Clock, QueueFacts, QueueInspector } from '../../ports/index.ts'
import { GRPC, grpcCode } from './grpc-status.ts'
import { type CallOutcome, callQueue } from './rpc.ts'
import type { TasksClient } from './tasks-client.ts'

/** What enqueueing, and asking after a task and its queue, take. */
const NEEDED = ['cloudtasks.tasks.create', 'cloudtasks.tasks.get', 'cloudtasks.queues.get']

/** A number of 64 bits comes as a number, a string or a Long; a field at its zero may be left out. */
const count = z.coerce.string().pipe(z.coerce.number())
const span = z
  .object({ seconds: count.nullish(), nanos: z.number().nullish() })
  .nullish()
  .transform((value) => (value?.seconds ?? 0) * SECOND_MS + (value?.nanos ?? 0) / 1_000_000)
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? 0)

const queueSchema = z.object({
  state: z.union([z.string(), z.number()]),
  rateLimits: z.object({ maxDispatchesPerSecond: number, maxConcurrentDispatches: number }),
  retryConfig: z.object({
    maxAttempts: number,
    minBackoff: span,
    maxBackoff: span,
    maxDoublings: number,
    maxRetryDuration: span,
  }),
  stackdriverLoggingConfig: z.object({ samplingRatio: number }).nullish(),
})

/** Source: google.cloud.tasks.v2.Queue.State, where the client hands on its number. */
const STATES = ['unspecified', 'running', 'paused', 'disabled']

const permissionsSchema = z.object({ permissions: z.array(z.string()).nullish() })

export interface QueueInspectorOptions {
  readonly client: TasksClient
  readonly project: string
  readonly location: string
  /** Queue id. */
  readonly queue: string
  readonly rpcTimeoutMs: number
  readonly clock: Clock
}

export function createQueueInspector(options: QueueInspectorOptions): QueueInspector {
  const { client, clock, project, location, queue, rpcTimeoutMs } = options
  const name = `projects/${project}/locations/${location}/queues/${queue}`
  const asking = { client, clock, budgetMs: rpcTimeoutMs, tries: 2, random: Math.random }
  return {
    queue,
    project,
    location,
    describe: async (signal) => {
      // Loading the vendor's code is none of the queue's time.
      await client.ready()
      const outcome = await callQueue(asking, signal, (ready, call) =>
        ready.getQueue({ name }, call),
      )
      if (outcome.kind === 'failed' && grpcCode(outcome.error) === GRPC.notFound) return undefined
      return factsOf(answered(outcome)[0])
    },
    missingPermissions: async (signal) => {
      const outcome = await callQueue(asking, signal, (ready, call) =>
        ready.testIamPermissions({ resource: name, permissions: NEEDED }, call),
      )
      const { permissions } = permissionsSchema.parse(answered(outcome)[0])
      return NEEDED.filter((needed) => !permissions?.includes(needed))
    },
  }
}

function answered<T>(outcome: CallOutcome<T>): T {
  if (outcome.kind === 'failed') throw outcome.error
  return outcome.value
}

function factsOf(message: unknown): QueueFacts {
  const { state, rateLimits, retryConfig, ...queue } = queueSchema.parse(message)
  return {
    state: typeof state === 'string' ? state.toLowerCase() : (STATES[state] ?? String(state)),
    maxAttempts: retryConfig.maxAttempts,
    minBackoffMs: retryConfig.minBackoff,
    maxBackoffMs: retryConfig.maxBackoff,
    maxDoublings: retryConfig.maxDoublings,
    maxRetryDurationMs: retryConfig.maxRetryDuration,
    logSamplingRatio: queue.stackdriverLoggingConfig?.samplingRatio ?? 0,
    ...rateLimits,
  }
}
