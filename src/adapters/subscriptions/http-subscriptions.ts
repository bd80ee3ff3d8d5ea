import * as z from 'zod'
import { type Uid, UnavailableError } from '../../kernel/index.ts'
import type { Clock, Subscription, SubscriptionDirectory } from '../../ports/index.ts'

export interface HttpSubscriptionsOptions {
  /** Base URL; the user id is its last path segment. */
  readonly url: string
  /** Sent as bearer token. */
  readonly token?: string
  /** For one look-up, answer included. */
  readonly timeoutMs: number
  /** How long an answer is believed. A failure is never kept. */
  readonly cacheMs: number
  readonly clock: Clock
}

/** `{"tier": "standard" | "unlimited", "has_credits": true | false}`; credits unsaid are credits. */
const answerSchema = z.object({
  tier: z.enum(['standard', 'unlimited']),
  has_credits: z.boolean().default(true),
})

/** Answers kept at once; beyond it the oldest is asked anew. */
const MAX_CACHED = 10_000
const PARTY = 'subscriptions'

/** Subscriptions asked of another service by `GET {url}/{uid}`; who is unknown there (404) is standard. */
export function createHttpSubscriptions(options: HttpSubscriptionsOptions): SubscriptionDirectory {
  const { clock, cacheMs } = options
  const known = new Map<Uid, { readonly subscription: Subscription; readonly untilMs: number }>()
  const asking = new Map<Uid, Promise<Subscription>>()

  const learn = async (uid: Uid) => {
    const subscription = await ask(options, uid)
    known.delete(uid)
    known.set(uid, { subscription, untilMs: clock.monotonicMs() + cacheMs })
    const [oldest] = known.keys()
    if (known.size > MAX_CACHED && oldest !== undefined) known.delete(oldest)
    return subscription
  }
  return {
    find: (uid) => {
      const kept = known.get(uid)
      if (kept && clock.monotonicMs() < kept.untilMs) return Promise.resolve(kept.subscription)
      const underWay = asking.get(uid) ?? learn(uid).finally(() => asking.delete(uid))
      asking.set(uid, underWay)
      return underWay
    },
  }
}

async function ask(options: HttpSubscriptionsOptions, uid: Uid): Promise<Subscription> {
  const { clock, timeoutMs, token } = options
  const ended = new AbortController()
  const timeUp = clock.sleep(timeoutMs, ended.signal).then(() => {
    throw new UnavailableError(`no subscription in ${timeoutMs} ms`, { party: PARTY })
  })
  try {
    const url = `${options.url}/${encodeURIComponent(uid)}`
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return await Promise.race([timeUp, get(url, headers, ended.signal)])
  } catch (error) {
    if (error instanceof UnavailableError) throw error
    throw new UnavailableError('the subscription directory gave no answer', {
      party: PARTY,
      cause: error,
    })
  } finally {
    // The loser of the race lets go of its timer or its socket.
    ended.abort()
  }
}

async function get(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Subscription> {
  const response = await fetch(url, { headers, redirect: 'manual', signal })
  const body = await response.text()
  if (response.status === 404) return { tier: 'standard', hasCredits: true }
  if (response.status !== 200) {
    throw new UnavailableError(`the subscription directory answered ${response.status}`, {
      party: PARTY,
    })
  }
  const { tier, has_credits: hasCredits } = answerSchema.parse(JSON.parse(body))
  return { tier, hasCredits }
}
