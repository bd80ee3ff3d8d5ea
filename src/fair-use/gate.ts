import { type Segment, TerminalError, UnavailableError } from '../kernel/index.ts'
import type { Clock, MeteredUser, SpeechMeter, Subscription } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import type { FairUseLimits } from './limits.ts'
import { type PastSpeechDeps, pastSpeech } from './past-speech.ts'
import { afterViolation, findViolation, stageAt } from './standing.ts'
import type { StandingStore } from './standing-store.ts'

/** What stands between a job's segments and the provider. */
export interface SpeechGate {
  /**
   * Counts a segment once, before it is paid for.
   * @throws TerminalError `sync_transcription_budget_exhausted` with the next UTC midnight
   */
  pass(segment: Pick<Segment, 'segmentId' | 'speechMs'>): Promise<void>
  /** Looks whether what passed was too much. Never throws: the speech stays metered for the next look. */
  close(): Promise<void>
}

export interface GateDeps extends PastSpeechDeps {
  readonly meter: SpeechMeter
  readonly standings: StandingStore
  readonly subscriptionOf: (user: MeteredUser) => Promise<Subscription>
  readonly clock: Clock
  readonly events: Pick<Events, 'unexpectedError' | 'fairUseViolation'>
  readonly limits: FairUseLimits
}

/** `byok`: the user pays the provider, so that the day's budget is not ours to keep. */
export interface Payer extends MeteredUser {
  readonly byok: boolean
}

export function openGate(deps: GateDeps, user: Payer): SpeechGate {
  let budget: Promise<number | undefined> | undefined
  let restored: Promise<void> | undefined
  let hasCounted = false
  const count = async (segment: Pick<Segment, 'segmentId' | 'speechMs'>) => {
    budget ??= dayBudget(deps, user)
    const dayBudgetMs = await budget
    const { segmentId, speechMs } = segment
    return deps.meter.count(user, {
      segmentId,
      speechMs,
      ...(dayBudgetMs === undefined ? {} : { dayBudgetMs }),
    })
  }
  return {
    pass: async (segment) => {
      let result = await count(segment)
      if (result.kind === 'unknown') {
        restored ??= restoreMeter(deps, user)
        await restored
        result = await count(segment)
      }
      switch (result.kind) {
        case 'known':
          return
        case 'counted':
          hasCounted = true
          return
        case 'over_budget':
          throw new TerminalError("today's transcription budget is used up", {
            reasonCode: 'sync_transcription_budget_exhausted',
            retryAfterAt: result.resetsAt,
          })
        case 'unknown':
          throw new UnavailableError('the meter was lost while it was restored', { party: 'redis' })
      }
    },
    close: async () => {
      if (!hasCounted) return
      try {
        await judge(deps, user)
      } catch (error) {
        deps.events.unexpectedError({ where: 'fair use', error })
      }
    },
  }
}

async function dayBudget(
  { standings, clock, limits }: GateDeps,
  user: Payer,
): Promise<number | undefined> {
  if (user.byok) return undefined
  const standing = await standings.read(user.uidHash)
  return stageAt(standing, clock.now()) === 'restrict' ? limits.restrictedDayBudgetMs : undefined
}

/** What the store forgot is read back from what is durable; nothing is counted on a half meter. */
async function restoreMeter(deps: GateDeps, user: MeteredUser): Promise<void> {
  const now = deps.clock.now()
  const period = { fromMs: now - deps.limits.meterRetentionMs, toMs: Number.POSITIVE_INFINITY }
  const { transcripts } = await pastSpeech(deps, user.uidHash, period)
  await deps.meter.restore(
    user,
    transcripts.map(({ segmentId, speechMs, landedAt }) => ({
      segmentId,
      speechMs,
      meteredAt: landedAt,
    })),
  )
}

/** Finds a violation and moves the user's stage, once whoever looks at the same time. */
async function judge(deps: GateDeps, user: MeteredUser): Promise<void> {
  const { limits, meter, standings } = deps
  const reading = await meter.read(user)
  if (!reading) return
  const { tier } = await deps.subscriptionOf(user)
  const next = await standings.change(user.uidHash, (standing) => {
    const violation = findViolation(standing, reading, limits.caps[tier], limits)
    return violation && afterViolation(standing, violation, limits)
  })
  const violation = next?.violations.at(-1)
  if (!next || !violation) return
  deps.events.fairUseViolation({ uidHash: user.uidHash, stage: next.stage, ...violation })
}
