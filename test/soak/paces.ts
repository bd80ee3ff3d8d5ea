import { QUEUE_RETRIES } from '../../src/local/stack/service-environment.ts'

/** How long the service and the queue wait, and the harness for them. */
export interface Pace {
  readonly settings: Readonly<Record<string, string>>
  readonly minBackoffMs: number
  readonly recoveryEveryMs: number
  readonly pollMs: number
  /** From the acceptance until the client is told the end. */
  readonly terminalWithinMs: number
  /** From the last terminal until nothing is owed. */
  readonly wholeWithinMs: number
}

/** A queue that does not answer is given up after 3 s, not 10: more uploads fit into an hour. */
const COMMON = { SYNC_TASKS_RPC_TIMEOUT_MS: '3000', FAIR_USE_ENABLED: 'true' } as const

export const PACES = {
  /** Leases, backoffs and recovery as deployed; a silent provider is given up after 10 s, not 300. */
  default: {
    settings: { ...COMMON, STT_TIMEOUT_SECONDS: '10' },
    minBackoffMs: QUEUE_RETRIES.minBackoffMs,
    recoveryEveryMs: 60_000,
    pollMs: 2_000,
    terminalWithinMs: 1_800_000,
    wholeWithinMs: 600_000,
  },
  /** All of it made small, its order kept. */
  short: {
    settings: {
      ...COMMON,
      USER_SLOT_SNOOZE_SECONDS: '1',
      STT_TIMEOUT_SECONDS: '2',
      SYNC_TASKS_MIN_BACKOFF_SECONDS: '2.1',
      CLAIM_LEASE_SECONDS: '2',
      CLAIM_RENEW_SECONDS: '0.7',
      CLAIM_STOP_MARGIN_SECONDS: '0.4',
      CLAIM_UNANSWERED_ABORT_SECONDS: '6',
      REDIS_COMMAND_TIMEOUT_MS: '600',
      QUEUED_PROBE_AFTER_SECONDS: '3',
    },
    minBackoffMs: 2_000,
    recoveryEveryMs: 2_000,
    pollMs: 200,
    terminalWithinMs: 300_000,
    wholeWithinMs: 60_000,
  },
} as const satisfies Record<string, Pace>

export type PaceName = keyof typeof PACES
