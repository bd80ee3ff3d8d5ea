import { DAY_MS, type Lane, MINUTE_MS, SECOND_MS, type TaskPayload } from '../../kernel/index.ts'
import type { Clock, NewTask, TaskQueue } from '../../ports/index.ts'

export interface MemoryTask<Payload = TaskPayload> {
  readonly task: NewTask<Payload>
  /** Epoch ms from which it may be delivered. */
  readonly dueAt: number
  /** Deliveries that failed so far: what `X-CloudTasks-TaskRetryCount` says. */
  readonly retryCount: number
}

/** A queue that delivers nothing by itself: who holds it takes what is due and says how it went. */
export interface MemoryTaskQueue<Payload = TaskPayload> extends TaskQueue<Payload> {
  /** Live tasks whose time has come, earliest first. */
  due(): readonly MemoryTask<Payload>[]
  /** Every live task, earliest first. */
  live(): readonly MemoryTask<Payload>[]
  /**
   * A delivery was answered with this HTTP status. 200-299 ends the task; anything else delays its
   * next delivery, or ends it when its attempts are spent. No such task: nothing happens.
   */
  answered(lane: Lane, name: string, status: number): void
  /** Every task goes; their names stay burnt. */
  purge(): void
}

export interface MemoryTaskQueueOptions {
  readonly clock: Pick<Clock, 'now'>
  /** The first delivery included. Default 5. */
  readonly maxAttempts?: number
  /** Doubled by every failure, up to five minutes. Default 18 s. */
  readonly minBackoffMs?: number
  /** How long the name of an ended task stays burnt. Default a day. */
  readonly tombstoneTtlMs?: number
}

const MAX_BACKOFF_MS = 5 * MINUTE_MS

export function createMemoryTaskQueue<Payload = TaskPayload>(
  options: MemoryTaskQueueOptions,
): MemoryTaskQueue<Payload> {
  const { clock, maxAttempts = 5, minBackoffMs = 18 * SECOND_MS, tombstoneTtlMs = DAY_MS } = options
  const tasks = new Map<string, MemoryTask<Payload>>()
  const burntUntil = new Map<string, number>()
  const keyOf = (lane: Lane, name: string) => `${lane}/${name}`
  const live = () => [...tasks.values()].sort((a, b) => a.dueAt - b.dueAt)
  const end = (key: string) => {
    tasks.delete(key)
    burntUntil.set(key, clock.now() + tombstoneTtlMs)
  }
  return {
    create: async (task, signal) => {
      signal?.throwIfAborted()
      const key = keyOf(task.lane, task.name)
      const isBurnt = (burntUntil.get(key) ?? 0) > clock.now()
      if (tasks.has(key) || isBurnt) return { kind: 'exists' }
      const dueAt = Math.max(clock.now(), task.notBefore ?? 0)
      tasks.set(key, { task: structuredClone(task), dueAt, retryCount: 0 })
      return { kind: 'created' }
    },
    find: async (lane, name, signal) => {
      signal?.throwIfAborted()
      return tasks.has(keyOf(lane, name)) ? 'live' : 'gone'
    },
    due: () => live().filter(({ dueAt }) => dueAt <= clock.now()),
    live,
    answered: (lane, name, status) => {
      const key = keyOf(lane, name)
      const entry = tasks.get(key)
      if (!entry) return
      const retryCount = entry.retryCount + 1
      const isDone = status >= 200 && status < 300
      if (isDone || retryCount >= maxAttempts) {
        end(key)
        return
      }
      const backoffMs = Math.min(MAX_BACKOFF_MS, minBackoffMs * 2 ** entry.retryCount)
      tasks.set(key, { ...entry, retryCount, dueAt: clock.now() + backoffMs })
    },
    purge: () => {
      for (const key of [...tasks.keys()]) end(key)
    },
  }
}
