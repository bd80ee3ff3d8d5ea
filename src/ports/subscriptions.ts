import type { Uid } from '../kernel/index.ts'

/** What a user has subscribed to, as far as fair use asks. */
export interface Subscription {
  readonly tier: 'standard' | 'unlimited'
  /** False only when the directory said so: new conversations are then locked. */
  readonly hasCredits: boolean
}

/** @throws UnavailableError (party `subscriptions`) when nothing is known: neither tier nor credits */
export interface SubscriptionDirectory {
  find(uid: Uid): Promise<Subscription>
}
