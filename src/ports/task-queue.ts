import type { Lane, TaskPayload } from '../kernel/index.ts'

/** The queue holds promises to call. One queue a lane when so configured. */
export interface TaskQueue<Payload = TaskPayload> {
  /**
   * Creates the named task. Never throws for what the queue answered:
   * `created`; `exists` (live or burnt name, unknown which); `refused` (proven: permission, missing
   * queue, invalid: nothing was created); `uncertain` (timeout or lost reply: it may exist).
   */
  create(task: NewTask<Payload>, signal?: AbortSignal): Promise<CreateTaskResult>

  /** `live` however old; `gone` when the queue said so; `unknown` when nothing was proven. */
  find(lane: Lane, name: string, signal?: AbortSignal): Promise<'live' | 'gone' | 'unknown'>
}

export interface NewTask<Payload = TaskPayload> {
  readonly lane: Lane
  /** Task id within the queue. */
  readonly name: string
  readonly payload: Payload
  /** Epoch ms before which it is not delivered; at once when absent. */
  readonly notBefore?: number
  readonly headers?: Readonly<Record<string, string>>
}

export type CreateTaskResult =
  | { readonly kind: 'created' | 'exists' }
  | { readonly kind: 'refused' | 'uncertain'; readonly cause: string }
