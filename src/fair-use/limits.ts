import type { Subscription } from '../ports/index.ts'
import type { StageLimits } from './standing.ts'
import type { Caps } from './windows.ts'

export interface FairUseLimits extends StageLimits {
  readonly caps: Readonly<Record<Subscription['tier'], Caps>>
  /** Speech in 24 hours that no subscription may pass. */
  readonly ceilingMs: number
  /** Speech a restricted user may have transcribed in a UTC day. */
  readonly restrictedDayBudgetMs: number
  /** How far back a forgotten meter is restored; the meter's own retention. */
  readonly meterRetentionMs: number
}
