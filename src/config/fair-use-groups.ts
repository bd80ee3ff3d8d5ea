import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../kernel/index.ts'
import type { FairUseConfig } from './fair-use-shape.ts'
import type { Settings } from './settings.ts'

export function groupFairUse(s: Settings): FairUseConfig {
  return {
    isEnabled: s.FAIR_USE_ENABLED,
    userMaxRunningJobs: s.USER_MAX_RUNNING_JOBS,
    slotSnoozeMs: Math.round(s.USER_SLOT_SNOOZE_SECONDS * SECOND_MS),
    limits: {
      caps: {
        standard: {
          '24h': s.FAIR_USE_CAP_24H_HOURS * HOUR_MS,
          '3d': s.FAIR_USE_CAP_3D_HOURS * HOUR_MS,
          '7d': s.FAIR_USE_CAP_7D_HOURS * HOUR_MS,
        },
        unlimited: {
          '24h': s.FAIR_USE_UNLIMITED_CAP_24H_HOURS * HOUR_MS,
          '3d': s.FAIR_USE_UNLIMITED_CAP_3D_HOURS * HOUR_MS,
          '7d': s.FAIR_USE_UNLIMITED_CAP_7D_HOURS * HOUR_MS,
        },
      },
      ceilingMs: s.FAIR_USE_CEILING_24H_HOURS * HOUR_MS,
      violationWindowMs: s.FAIR_USE_VIOLATION_WINDOW_DAYS * DAY_MS,
      violationSpacingMs: s.FAIR_USE_VIOLATION_SPACING_HOURS * HOUR_MS,
      throttleViolations: s.FAIR_USE_THROTTLE_VIOLATIONS,
      throttleMs: s.FAIR_USE_THROTTLE_DAYS * DAY_MS,
      restrictViolations: s.FAIR_USE_RESTRICT_VIOLATIONS,
      restrictMs: s.FAIR_USE_RESTRICT_DAYS * DAY_MS,
      restrictedDayBudgetMs: s.FAIR_USE_RESTRICTED_BUDGET_MINUTES * MINUTE_MS,
      meterRetentionMs: s.FAIR_USE_METER_DAYS * DAY_MS,
    },
    subscriptions: {
      unlimitedUids: s.FAIR_USE_UNLIMITED_UIDS ?? [],
      url: s.FAIR_USE_SUBSCRIPTIONS_URL,
      token: s.FAIR_USE_SUBSCRIPTIONS_TOKEN,
      timeoutMs: s.FAIR_USE_SUBSCRIPTIONS_TIMEOUT_MS,
      cacheMs: Math.round(s.FAIR_USE_SUBSCRIPTIONS_CACHE_SECONDS * SECOND_MS),
    },
    repeatFailures: {
      limit: s.REPEAT_FAILURE_LIMIT,
      windowMs: s.REPEAT_FAILURE_WINDOW_HOURS * HOUR_MS,
      pauseMs: s.REPEAT_FAILURE_PAUSE_HOURS * HOUR_MS,
    },
  }
}
