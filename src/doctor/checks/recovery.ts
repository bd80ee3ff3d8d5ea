import { SECOND_MS } from '../../kernel/index.ts'
import type { RecoveryStore, StoreInspector } from '../../ports/index.ts'
import { type Check, createCheck, unless } from '../finding.ts'

export interface RecoveryParties {
  readonly recovery: Pick<RecoveryStore, 'lastPassAt'>
  readonly store: Pick<StoreInspector, 'now'>
  /** Between two passes. */
  readonly intervalMs: number
}

/** One pass may be lost to a deploy, another to a slow start. */
const MISSED_PASSES = 3

/** Something asks for passes of recovery: nothing else finds a job without a task. */
export function recoveryCheck({ recovery, store, intervalMs }: RecoveryParties): Check {
  const mostMs = MISSED_PASSES * intervalMs
  return createCheck({
    name: 'recovery',
    must: 'Redis tells when a pass last came by',
    mend: 'see the check of Redis itself',
    inspect: async () => {
      const now = await store.now()
      const at = await recovery.lastPassAt()
      return at === undefined ? undefined : Math.max(0, now - at)
    },
    judge: (agoMs) => ({
      found:
        agoMs === undefined
          ? 'no pass ever came by'
          : `last pass ${Math.round(agoMs / SECOND_MS)} s ago`,
      shortfalls: unless([
        agoMs !== undefined && agoMs <= mostMs,
        {
          code: 'recovery_silent',
          must: `a pass every ${intervalMs / SECOND_MS} s (REAPER_SWEEP_INTERVAL_SECONDS), the last one ${mostMs / SECOND_MS} s ago or less: jobs without a task wait for it`,
          mend: 'gcloud scheduler jobs describe says what its last call was answered (403: audience or account); gcloud scheduler jobs resume if it is paused; meanwhile npm run cli -- reap',
        },
      ]),
    }),
  })
}
