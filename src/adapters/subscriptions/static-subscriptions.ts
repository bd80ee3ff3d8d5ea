import type { SubscriptionDirectory } from '../../ports/index.ts'

/** Everybody is on the standard tier with credits, but for the users named. */
export function createStaticSubscriptions(options: {
  readonly unlimitedUids: readonly string[]
}): SubscriptionDirectory {
  const unlimited = new Set(options.unlimitedUids)
  return {
    find: async (uid) => ({
      tier: unlimited.has(uid) ? 'unlimited' : 'standard',
      hasCredits: true,
    }),
  }
}
