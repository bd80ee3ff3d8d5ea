import type { DispatchMode, JobId, Lane, Status, Uid, UidHash } from '../kernel/index.ts'
import { type EventSink, record } from './record.ts'

export interface UploadAccepted {
  readonly jobId: JobId
  readonly uidHash: UidHash
  readonly uid?: Uid | undefined
  readonly files: number
  readonly bytes: number
  readonly lane: Lane
  readonly dispatchMode: DispatchMode
  /** Runs with the user's own provider key. */
  readonly byok: boolean
  readonly totalMs: number
}

/** The same upload came before: it is answered with that one's job. */
export interface UploadRepeated {
  readonly jobId: JobId
  readonly uidHash: UidHash
  readonly uid?: Uid | undefined
  readonly status: Status
}

export interface UploadRefused {
  /** The machine-readable code of the answer (I12). */
  readonly code: string
  readonly status?: number | undefined
  readonly uidHash?: UidHash | undefined
  readonly uid?: Uid | undefined
}

export interface TaskEnqueue {
  readonly jobId: JobId
  readonly generation: number
  readonly lane?: Lane | undefined
}

export interface TaskDoubt extends TaskEnqueue {
  /** What the queue answered, in its words. */
  readonly cause: string
}

export interface EnqueueFallback {
  readonly jobId: JobId
  readonly lane: Lane
  /** Who runs the job instead. */
  readonly to: 'inline' | 'recovery'
  readonly cause: string
}

/** From the accept on, a job can be followed by its id. */
export function createUploadEvents(sink: EventSink) {
  return {
    uploadAccepted(facts: UploadAccepted) {
      const labels = { lane: facts.lane, dispatch_mode: facts.dispatchMode }
      record(sink, { name: 'upload_accepted', message: 'Upload accepted', facts, labels })
    },
    uploadRepeated(facts: UploadRepeated) {
      const labels = { status: facts.status }
      record(sink, { name: 'upload_repeated', message: 'Upload repeated', facts, labels })
    },
    uploadRefused(facts: UploadRefused) {
      record(sink, {
        name: 'upload_refused',
        message: 'Upload refused',
        severity: (facts.status ?? 0) >= 500 ? 'warn' : 'info',
        facts,
        labels: { code: facts.code },
      })
    },
    taskEnqueued(facts: TaskEnqueue) {
      const labels = { lane: facts.lane }
      record(sink, { name: 'task_enqueued', message: 'Task enqueued', facts, labels })
    },
    /** The task may exist; recovery will ask the queue. */
    taskEnqueueUncertain(facts: TaskDoubt) {
      record(sink, {
        name: 'task_enqueue_uncertain',
        message: 'Task enqueue uncertain',
        severity: 'warn',
        facts,
        labels: { lane: facts.lane },
      })
    },
    /** Proven: no task was created. */
    taskEnqueueRefused(facts: TaskDoubt) {
      record(sink, {
        name: 'task_enqueue_refused',
        message: 'Task enqueue refused',
        severity: 'error',
        facts,
        labels: { lane: facts.lane },
      })
    },
    /** An accepted job has no task; recovery makes one when the queue is back. Alert on `recovery`. */
    enqueueFellBack(facts: EnqueueFallback) {
      record(sink, {
        name: 'enqueue_fell_back',
        message: 'Enqueue fell back',
        severity: facts.to === 'recovery' ? 'error' : 'warn',
        facts,
        labels: { lane: facts.lane, to: facts.to },
      })
    },
  }
}
