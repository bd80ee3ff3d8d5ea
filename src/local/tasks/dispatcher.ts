import type { Clock } from '../../ports/index.ts'
import { type AttemptDeps, attemptTask } from './attempt.ts'
import { isExhausted, retryDelayMs } from './backoff.ts'
import type { DeliveryOutcome } from './delivery.ts'
import { createDueHeap, type DueHeap } from './due-heap.ts'
import type { QueueRecord, TaskProgress, TaskRecord } from './records.ts'
import type { TasksStats } from './stats.ts'
import type { TaskStore } from './task-store.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

/** Tasks older than this are dropped, dispatched or not. */
const TASK_TTL_MS = 31 * 24 * 3_600_000
/** Longest nap; a wall clock set back is noticed by then. */
const MAX_NAP_MS = 3_600_000

export interface DispatcherDeps extends Omit<AttemptDeps, 'background'> {
  readonly store: TaskStore
  readonly clock: Clock
  readonly stats: TasksStats
}

interface Lane {
  readonly due: DueHeap
  readonly bucket: TokenBucket
  inFlight: number
}

/**
 * Makes attempts when they are due, within a queue's rate and concurrency. States of a task:
 * waiting until `scheduleMs`, in flight, then gone (2xx, or attempts spent) or waiting again.
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps
  readonly #lanes = new Map<string, Lane>()
  readonly #running = new Set<Promise<unknown>>()
  readonly #stopping = new AbortController()
  #nap = new AbortController()

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
  }

  /** Takes up what the store remembers. */
  start(): void {
    for (const task of this.#deps.store.tasks()) this.schedule(task)
    this.#track(this.#loop())
  }

  /** A task is new or has a new time. */
  schedule(task: TaskRecord): void {
    this.#lane(task.queue).due.push({ atMs: task.progress.scheduleMs, name: task.name })
    this.wake()
  }

  /** A queue was resumed or reconfigured. */
  wake(): void {
    this.#nap.abort()
  }

  /** RunTask: now, even where the queue is paused or full; a running attempt is left alone. */
  runNow(task: TaskRecord): TaskRecord {
    return task.progress.inFlight ? task : this.#begin(task, this.#deps.clock.now())
  }

  inFlight(queue: string): number {
    return this.#lanes.get(queue)?.inFlight ?? 0
  }

  /** Drops the running attempts as a dying server would: the journal has them made again. */
  async close(): Promise<void> {
    this.#stopping.abort(new Error('tasks server closed'))
    this.wake()
    await Promise.allSettled(this.#running)
  }

  async #loop(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#nap = new AbortController()
      const waits = this.#deps.store.queues().map((queue) => this.#dispatchDue(queue))
      try {
        await this.#deps.clock.sleep(Math.min(MAX_NAP_MS, ...waits), this.#nap.signal)
      } catch (error) {
        if (!this.#nap.signal.aborted) throw error
      }
    }
  }

  /** @returns ms until there may be more to do; Infinity when something else will wake us. */
  #dispatchDue(queue: QueueRecord): number {
    const lane = this.#lane(queue.name)
    while (queue.state === 'RUNNING') {
      const task = this.#nextTask(lane)
      if (task === undefined) return Number.POSITIVE_INFINITY
      const waitMs = task.progress.scheduleMs - this.#deps.clock.now()
      if (waitMs > 0) return waitMs
      if (lane.inFlight >= queue.maxConcurrentDispatches) return Number.POSITIVE_INFINITY
      const refillMs = lane.bucket.take(queue)
      if (refillMs > 0) return refillMs
      lane.due.pop()
      this.#begin(task)
    }
    return Number.POSITIVE_INFINITY
  }

  /** The earliest waiting task; entries that no longer say the truth are dropped on the way. */
  #nextTask(lane: Lane): TaskRecord | undefined {
    for (let due = lane.due.peek(); due !== undefined; due = lane.due.peek()) {
      const task = this.#deps.store.findTask(due.name)
      const isCurrent = task?.progress.scheduleMs === due.atMs && !task.progress.inFlight
      if (task && isCurrent && this.#deps.clock.now() - task.createdAtMs < TASK_TTL_MS) return task
      if (task && isCurrent) this.#deps.store.endTask(task, 'expired')
      lane.due.pop()
    }
    return undefined
  }

  /** @param retryFromMs where the backoff of a failure starts; absent: when it fails. */
  #begin(task: TaskRecord, retryFromMs?: number): TaskRecord {
    const { progress } = task
    const dispatchMs = this.#deps.clock.now()
    const begun = this.#deps.store.setProgress(task, {
      ...progress,
      dispatchCount: progress.dispatchCount + 1,
      firstDispatchMs: progress.firstDispatchMs ?? dispatchMs,
      lastAttempt: { scheduleMs: progress.scheduleMs, dispatchMs },
      inFlight: true,
    })
    this.#deps.stats.deliveries.started += 1
    const lane = this.#lane(task.queue)
    lane.inFlight += 1
    const attempt = attemptTask(
      { ...this.#deps, background: (delivery) => this.#track(delivery) },
      begun,
      progress.lastAttempt?.status,
      this.#stopping.signal,
    )
    this.#track(
      attempt
        .then((outcome) => this.#settle(begun, outcome, retryFromMs))
        .finally(() => {
          lane.inFlight -= 1
          this.wake()
        }),
    )
    return begun
  }

  #settle(begun: TaskRecord, outcome: DeliveryOutcome, retryFromMs?: number): void {
    if (this.#stopping.signal.aborted) return
    const { store, clock, stats } = this.#deps
    const isSuccess = outcome.status >= 200 && outcome.status <= 299
    stats.deliveries[isSuccess ? 'succeeded' : 'failed'] += 1
    stats.deliveries.byStatus[outcome.status] = (stats.deliveries.byStatus[outcome.status] ?? 0) + 1

    const task = store.findTask(begun.name)
    const queue = store.queues().find(({ name }) => name === begun.queue)
    // Deleted, purged, or born again under the same name meanwhile: nothing of ours to settle.
    if (task?.progress !== begun.progress || queue === undefined) return
    const now = clock.now()
    if (isSuccess) store.endTask(task, 'succeeded')
    else if (isExhausted(queue, task.progress, now)) store.endTask(task, 'exhausted')
    else {
      const scheduleMs = (retryFromMs ?? now) + retryDelayMs(queue, task.progress.dispatchCount)
      this.schedule(
        store.setProgress(task, { ...failedProgress(task.progress, outcome, now), scheduleMs }),
      )
    }
  }

  #lane(queue: string): Lane {
    const known = this.#lanes.get(queue)
    if (known !== undefined) return known
    const bucket = createTokenBucket(() => this.#deps.clock.monotonicMs())
    const lane = { due: createDueHeap(), bucket, inFlight: 0 }
    this.#lanes.set(queue, lane)
    return lane
  }

  /** Keeps a running promise for `close`; only an aborted one may fail. */
  #track(running: Promise<unknown>): void {
    const settled = running
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) throw error
      })
      .finally(() => this.#running.delete(settled))
    this.#running.add(settled)
  }
}

function failedProgress(
  progress: TaskProgress,
  { status, isAnswer }: DeliveryOutcome,
  now: number,
): TaskProgress {
  const last = progress.lastAttempt
  return {
    ...progress,
    responseCount: progress.responseCount + (isAnswer ? 1 : 0),
    executionCount: progress.executionCount + (isAnswer && status < 500 ? 1 : 0),
    ...(last && { lastAttempt: { ...last, status, ...(isAnswer && { responseMs: now }) } }),
    inFlight: false,
  }
}
