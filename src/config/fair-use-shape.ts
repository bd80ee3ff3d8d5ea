import type { Secret } from './secrets.ts'

export interface FairUseConfig {
  /** Caps, stages and budgets; slots and the repeat-failure pause hold without it. */
  readonly isEnabled: boolean
  /** 0 means no limit. */
  readonly userMaxRunningJobs: number
  readonly slotSnoozeMs: number
  readonly limits: FairUseLimitsConfig
  readonly subscriptions: {
    readonly unlimitedUids: readonly string[]
    /** Asked instead of the list. */
    readonly url: string | undefined
    readonly token: Secret | undefined
    readonly timeoutMs: number
    readonly cacheMs: number
  }
  readonly repeatFailures: {
    /** 0 means no pause. */
    readonly limit: number
    readonly windowMs: number
    readonly pauseMs: number
  }
}

/** Milliseconds of speech by rolling window. */
interface SpeechCaps {
  readonly '24h': number
  readonly '3d': number
  readonly '7d': number
}

export interface FairUseLimitsConfig {
  readonly caps: { readonly standard: SpeechCaps; readonly unlimited: SpeechCaps }
  readonly ceilingMs: number
  readonly violationWindowMs: number
  readonly violationSpacingMs: number
  readonly throttleViolations: number
  readonly throttleMs: number
  readonly restrictViolations: number
  readonly restrictMs: number
  readonly restrictedDayBudgetMs: number
  readonly meterRetentionMs: number
}
