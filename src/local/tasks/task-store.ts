import { randomBytes } from 'node:crypto'
import { type Journal, openJournal, readJournal } from './journal.ts'
import { newQueueRecord, type QueueSettings, updatedQueueRecord } from './queue-config.ts'
import {
  applyEvent,
  type JournalEvent,
  type QueueRecord,
  type TaskProgress,
  type TaskRecord,
  type TasksState,
} from './records.ts'
import { refusals } from './rpc-error.ts'
import type { TaskEnd, TasksStats } from './stats.ts'
import { type CreateTaskRequest, newTaskRecord } from './task-request.ts'

export interface TaskStoreOptions {
  readonly folder: string
  readonly now: () => number
  readonly stats: TasksStats
  /** How long the name of an ended task stays burnt. */
  readonly tombstoneTtlMs: number
  /** How long the name of a deleted queue cannot be used again. */
  readonly queueTombstoneTtlMs: number
}

/**
 * Queues, live tasks and the names that are still burnt. Every change is in the journal before the
 * call returns. Refusals are RpcErrors in the service's words.
 */
export class TaskStore {
  readonly #options: TaskStoreOptions
  readonly #state: TasksState
  readonly #journal: Journal

  constructor(options: TaskStoreOptions) {
    this.#options = options
    this.#state = readJournal(options.folder)
    dropOld(this.#state.tombstones, options.now() - options.tombstoneTtlMs)
    dropOld(this.#state.queueTombstones, options.now() - options.queueTombstoneTtlMs)
    for (const task of this.#state.tasks.values()) redeliverInterrupted(this.#state, task)
    this.#journal = openJournal(options.folder, this.#state)
  }

  queues(): readonly QueueRecord[] {
    return [...this.#state.queues.values()]
  }

  /** Throws when there is no such queue. */
  queue(name: string): QueueRecord {
    const found = this.#state.queues.get(name)
    if (found === undefined) throw refusals.queueMissing()
    return found
  }

  createQueue(settings: QueueSettings): QueueRecord {
    const record = newQueueRecord(settings)
    const { queues, queueTombstones } = this.#state
    if (queues.has(record.name)) throw refusals.queueExists()
    if (this.#isRecent(queueTombstones.get(record.name), this.#options.queueTombstoneTtlMs)) {
      throw refusals.queueTooRecent()
    }
    return this.#putQueue(record)
  }

  /** Creates the queue when it is missing. */
  updateQueue(settings: QueueSettings, mask: readonly string[]): QueueRecord {
    const before = this.#state.queues.get(settings.name)
    if (before === undefined) return this.createQueue(settings)
    return this.#putQueue(updatedQueueRecord(before, settings, mask))
  }

  /** Creates or reconfigures, even where a queue of this name was deleted; keeps it paused. */
  ensureQueue(settings: QueueSettings): QueueRecord {
    const state = this.#state.queues.get(settings.name)?.state ?? 'RUNNING'
    return this.#putQueue({ ...newQueueRecord(settings), state })
  }

  setQueueState(name: string, state: QueueRecord['state']): QueueRecord {
    return this.#putQueue({ ...this.queue(name), state })
  }

  deleteQueue(name: string): void {
    if (!this.#state.queues.has(name)) throw refusals.missing()
    this.#endTasks(this.tasks(name), 'purged')
    this.#commit([{ type: 'queue-gone', name, atMs: this.#options.now() }])
  }

  /** Every task goes, the running ones too; their names stay burnt. */
  purgeQueue(name: string): QueueRecord {
    const purged = { ...this.queue(name), purgedAtMs: this.#options.now() }
    this.#endTasks(this.tasks(name), 'purged')
    return this.#putQueue(purged)
  }

  tasks(queue?: string): readonly TaskRecord[] {
    const all = [...this.#state.tasks.values()]
    return queue === undefined ? all : all.filter((task) => task.queue === queue)
  }

  findTask(name: string): TaskRecord | undefined {
    return this.#state.tasks.get(name)
  }

  /** Throws what GetTask answers: gone and never existed are different texts. */
  task(name: string): TaskRecord {
    const found = this.#state.tasks.get(name)
    if (found !== undefined) return found
    throw this.#isBurnt(name) ? refusals.taskGone() : refusals.missing()
  }

  createTask(request: CreateTaskRequest): TaskRecord {
    const task = newTaskRecord(request, this.#options.now(), randomTaskId)
    this.queue(task.queue)
    if (this.#state.tasks.has(task.name)) throw refusals.taskExists()
    if (this.#isBurnt(task.name)) throw refusals.taskTooRecent()
    this.#commit([{ type: 'task-set', task }])
    this.#options.stats.tasks.created += 1
    return task
  }

  setProgress({ name }: TaskRecord, progress: TaskProgress): TaskRecord {
    this.#commit([{ type: 'task-progress', name, progress }])
    return this.task(name)
  }

  endTask(task: TaskRecord, end: TaskEnd): void {
    this.#endTasks([task], end)
  }

  close(): void {
    this.#journal.close()
  }

  #endTasks(tasks: readonly TaskRecord[], end: TaskEnd): void {
    const atMs = this.#options.now()
    this.#commit(tasks.map(({ name }) => ({ type: 'task-gone', name, atMs })))
    this.#options.stats.tasks[end] += tasks.length
  }

  #putQueue(queue: QueueRecord): QueueRecord {
    this.#commit([{ type: 'queue-set', queue }])
    return queue
  }

  #commit(events: readonly JournalEvent[]): void {
    this.#journal.append(events)
    for (const event of events) applyEvent(this.#state, event)
  }

  #isBurnt(name: string): boolean {
    return this.#isRecent(this.#state.tombstones.get(name), this.#options.tombstoneTtlMs)
  }

  #isRecent(atMs: number | undefined, ttlMs: number): boolean {
    return atMs !== undefined && this.#options.now() - atMs < ttlMs
  }
}

/** An attempt that ran when the server died may have reached its target: it is made again. */
function redeliverInterrupted({ tasks }: TasksState, task: TaskRecord): void {
  if (!task.progress.inFlight) return
  tasks.set(task.name, { ...task, progress: { ...task.progress, inFlight: false } })
}

function dropOld(tombstones: Map<string, number>, beforeMs: number): void {
  for (const [name, atMs] of tombstones) if (atMs <= beforeMs) tombstones.delete(name)
}

/** Unnamed tasks get a random number, as the service gives them. */
function randomTaskId(): string {
  return randomBytes(8).readBigUInt64BE().toString()
}
