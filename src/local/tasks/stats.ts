/** What became of tasks: `created` is the sum of the others and the live ones. */
export type TaskEnd = 'succeeded' | 'exhausted' | 'deleted' | 'purged' | 'expired'

/** Counted since this server started; a restart counts from zero. */
export interface TasksStats {
  /** By RPC: how many answered well, how many did not. */
  readonly rpcs: Record<string, { ok: number; failed: number }>
  readonly tasks: { created: number } & Record<TaskEnd, number>
  readonly deliveries: {
    /** Attempts begun, the dropped ones included. */
    started: number
    succeeded: number
    failed: number
    /** Attempts by the status the queue took down; 504 timed out, 503 also not reached. */
    byStatus: Record<number, number>
  }
  /** Faults that struck, by kind. */
  readonly faults: Record<string, number>
}

export function emptyStats(): TasksStats {
  return {
    rpcs: {},
    tasks: { created: 0, succeeded: 0, exhausted: 0, deleted: 0, purged: 0, expired: 0 },
    deliveries: { started: 0, succeeded: 0, failed: 0, byStatus: {} },
    faults: {},
  }
}
