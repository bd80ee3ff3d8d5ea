import { DAY_MS, nextUtcMidnight } from '../kernel/index.ts'
import type {
  Clock,
  MeteredUser,
  MeterReading,
  SpeechMeter,
  Subscription,
  SubscriptionDirectory,
} from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import { openGate, type Payer, type SpeechGate } from './gate.ts'
import type { FairUseLimits } from './limits.ts'
import type { PastSpeechDeps } from './past-speech.ts'
import { stageAt } from './standing.ts'
import { createStandingStore, type StandingStoreDeps } from './standing-store.ts'
import { fallsBelowAt, speechSince, speechToday } from './windows.ts'
import { budgetSpentWords, ceilingWords } from './words.ts'

export interface FairUseDeps extends PastSpeechDeps, StandingStoreDeps {
  readonly objects: PastSpeechDeps['objects'] & StandingStoreDeps['objects']
  readonly meter: SpeechMeter
  readonly subscriptions: SubscriptionDirectory
  readonly clock: Clock
  readonly events: Pick<Events, 'unexpectedError' | 'fairUseViolation' | 'subscriptionUnknown'>
  readonly limits: FairUseLimits
}

export type Admission =
  | {
      readonly kind: 'welcome'
      /** Its jobs take the backfill lane. */
      readonly isThrottled: boolean
      /** No credits: what it becomes is locked. */
      readonly isLocked: boolean
    }
  | {
      readonly kind: 'refused'
      /** For a person. */
      readonly detail: string
      readonly retryAfterMs: number
    }

export interface FairUse {
  /** Asked before an upload is staged. @throws UnavailableError */
  admit(user: Payer): Promise<Admission>
  /** For one attempt of one job. */
  openGate(user: Payer): SpeechGate
}

export function createFairUse(deps: FairUseDeps): FairUse {
  const standings = createStandingStore(deps)
  const { limits, meter, clock } = deps
  /** What the directory cannot say counts for the user: default caps, and credits are not doubted. */
  const subscriptionOf = async ({ uid, uidHash }: MeteredUser): Promise<Subscription> => {
    try {
      return await deps.subscriptions.find(uid)
    } catch (error) {
      deps.events.subscriptionUnknown({ uidHash, error })
      return { tier: 'standard', hasCredits: true }
    }
  }
  return {
    admit: async (user) => {
      const [subscription, standing, reading] = await Promise.all([
        subscriptionOf(user),
        standings.read(user.uidHash),
        meter.read(user),
      ])
      const stage = stageAt(standing, clock.now())
      const refusal = reading && refusalBy(limits, reading, stage === 'restrict' && !user.byok)
      if (refusal) return refusal
      return {
        kind: 'welcome',
        isThrottled: stage === 'throttle' || stage === 'restrict',
        isLocked: !subscription.hasCredits,
      }
    },
    openGate: (user) => openGate({ ...deps, standings, subscriptionOf }, user),
  }
}

/** A meter that was forgotten refuses nobody: it is restored by the next run, which has the gate. */
function refusalBy(
  limits: FairUseLimits,
  reading: MeterReading,
  isRestricted: boolean,
): Extract<Admission, { kind: 'refused' }> | undefined {
  const { now } = reading
  const { ceilingMs, restrictedDayBudgetMs } = limits
  const refused = (detail: string, resetsAt: number) =>
    ({ kind: 'refused', detail, retryAfterMs: resetsAt - now }) as const
  if (isRestricted && speechToday(reading) >= restrictedDayBudgetMs) {
    const resetsAt = nextUtcMidnight(now)
    return refused(budgetSpentWords(restrictedDayBudgetMs, resetsAt, now), resetsAt)
  }
  if (speechSince(reading, now - DAY_MS) < ceilingMs) return undefined
  const resetsAt = fallsBelowAt(reading, DAY_MS, ceilingMs)
  return refused(ceilingWords(ceilingMs, resetsAt, now), resetsAt)
}
