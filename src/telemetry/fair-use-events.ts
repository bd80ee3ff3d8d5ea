import type { UidHash } from '../kernel/index.ts'
import { type EventSink, record } from './record.ts'

export interface FairUseViolation {
  readonly uidHash: UidHash
  /** The rolling window whose cap was passed: `24h`, `3d`, `7d`. */
  readonly window: string
  readonly speechMs: number
  readonly capMs: number
  /** Where the user stands now: `warning`, `throttle` or `restrict`. */
  readonly stage: string
  readonly at: number
}

export interface SubscriptionUnknown {
  readonly uidHash: UidHash
  readonly error: unknown
}

export function createFairUseEvents(sink: EventSink) {
  return {
    fairUseViolation(facts: FairUseViolation) {
      record(sink, {
        name: 'fair_use_violation',
        message: 'Fair use violation',
        severity: 'warn',
        facts,
        labels: { stage: facts.stage },
      })
    },
    /** The user is given default caps, and credits are not doubted. */
    subscriptionUnknown(facts: SubscriptionUnknown) {
      record(sink, {
        name: 'subscription_unknown',
        message: 'Subscription unknown',
        severity: 'warn',
        facts,
      })
    },
  }
}
