import * as z from 'zod'

/** What the server remembers, in memory and in its journal alike. Times are epoch ms. */
const queueRecordSchema = z.object({
  /** `projects/P/locations/L/queues/Q` */
  name: z.string(),
  state: z.enum(['RUNNING', 'PAUSED']),
  purgedAtMs: z.number().optional(),
  maxDispatchesPerSecond: z.number().positive(),
  maxConcurrentDispatches: z.int().positive(),
  maxBurstSize: z.int().positive(),
  /** First attempt included; -1 without limit. */
  maxAttempts: z.int().min(-1),
  minBackoffMs: z.number().min(0),
  maxBackoffMs: z.number().min(0),
  maxDoublings: z.int().min(0),
  /** 0 counts as spent: then `maxAttempts` alone decides. */
  maxRetryDurationMs: z.number().min(0),
  /** Share of operations that the service would log; kept and shown, nothing is logged here. */
  logSamplingRatio: z.number().min(0).max(1).default(0),
})
export type QueueRecord = z.infer<typeof queueRecordSchema>

const progressSchema = z.object({
  /** When the next attempt is due; of the running one, when it was due. */
  scheduleMs: z.number(),
  /** Attempts begun, whatever became of them. */
  dispatchCount: z.int(),
  /** Attempts that got an answer. */
  responseCount: z.int(),
  /** Attempts that got an answer below 500. */
  executionCount: z.int(),
  firstDispatchMs: z.number().optional(),
  lastAttempt: z
    .object({
      scheduleMs: z.number(),
      dispatchMs: z.number(),
      responseMs: z.number().optional(),
      /** 504 after a timeout, 503 when the target was not reached. */
      status: z.int().optional(),
    })
    .optional(),
  inFlight: z.boolean(),
})
/** Replaced as a whole by every attempt, never changed in place. */
export type TaskProgress = z.infer<typeof progressSchema>

const taskRecordSchema = z.object({
  /** `projects/P/locations/L/queues/Q/tasks/T` */
  name: z.string(),
  queue: z.string(),
  createdAtMs: z.number(),
  dispatchDeadlineMs: z.number(),
  request: z.object({
    url: z.string(),
    method: z.enum(['POST', 'GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']),
    headers: z.record(z.string(), z.string()),
    bodyBase64: z.string(),
    oidc: z.object({ email: z.string(), audience: z.string() }).optional(),
  }),
  progress: progressSchema,
})
export type TaskRecord = z.infer<typeof taskRecordSchema>

export const journalEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('queue-set'), queue: queueRecordSchema }),
  z.object({ type: z.literal('queue-gone'), name: z.string(), atMs: z.number() }),
  z.object({ type: z.literal('task-set'), task: taskRecordSchema }),
  z.object({ type: z.literal('task-progress'), name: z.string(), progress: progressSchema }),
  z.object({ type: z.literal('task-gone'), name: z.string(), atMs: z.number() }),
])
export type JournalEvent = z.infer<typeof journalEventSchema>

/** Everything there is; changed only by `applyEvent`, live and on replay alike. */
export interface TasksState {
  readonly queues: Map<string, QueueRecord>
  /** Name of a deleted queue to when it went. */
  readonly queueTombstones: Map<string, number>
  readonly tasks: Map<string, TaskRecord>
  /** Name of an ended task to when it ended. */
  readonly tombstones: Map<string, number>
}

export function emptyState(): TasksState {
  return {
    queues: new Map(),
    queueTombstones: new Map(),
    tasks: new Map(),
    tombstones: new Map(),
  }
}

export function applyEvent(state: TasksState, event: JournalEvent): void {
  switch (event.type) {
    case 'queue-set':
      state.queues.set(event.queue.name, event.queue)
      state.queueTombstones.delete(event.queue.name)
      return
    case 'queue-gone':
      state.queues.delete(event.name)
      state.queueTombstones.set(event.name, event.atMs)
      return
    case 'task-set':
      state.tasks.set(event.task.name, event.task)
      state.tombstones.delete(event.task.name)
      return
    case 'task-progress': {
      const task = state.tasks.get(event.name)
      if (task) state.tasks.set(event.name, { ...task, progress: event.progress })
      return
    }
    case 'task-gone':
      state.tasks.delete(event.name)
      state.tombstones.set(event.name, event.atMs)
  }
}

/** The events that rebuild a state from nothing. */
export function* snapshotEvents(state: TasksState): Generator<JournalEvent> {
  for (const queue of state.queues.values()) yield { type: 'queue-set', queue }
  for (const [name, atMs] of state.queueTombstones) yield { type: 'queue-gone', name, atMs }
  for (const task of state.tasks.values()) yield { type: 'task-set', task }
  for (const [name, atMs] of state.tombstones) yield { type: 'task-gone', name, atMs }
}
