import * as z from 'zod'
import { MINUTE_MS, SCHEMA_VERSION } from '../kernel/index.ts'
import type { MeterReading } from '../ports/index.ts'
import { type Caps, speechSince, WINDOW_MS, WINDOWS } from './windows.ts'

const instant = z.number().nonnegative()
const stageSchema = z.enum(['none', 'warning', 'throttle', 'restrict'])
export type FairUseStage = z.infer<typeof stageSchema>

const violationSchema = z.object({
  at: instant,
  window: z.enum(WINDOWS),
  speechMs: z.int().nonnegative(),
  capMs: z.int().nonnegative(),
})
export type Violation = z.infer<typeof violationSchema>

/** How a user stands: what was found, and the stage that follows from it until `stageUntil`. */
export const standingSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  stage: stageSchema,
  stageUntil: instant,
  violations: z.array(violationSchema),
})
export type Standing = z.infer<typeof standingSchema>

export const GOOD_STANDING: Standing = {
  schemaVersion: SCHEMA_VERSION,
  stage: 'none',
  stageUntil: 0,
  violations: [],
}

export interface StageLimits {
  /** Violations count towards a stage for so long. */
  readonly violationWindowMs: number
  /** At most one violation is found in so long. */
  readonly violationSpacingMs: number
  readonly throttleViolations: number
  readonly throttleMs: number
  readonly restrictViolations: number
  readonly restrictMs: number
}

/** A stage lapses by itself. */
export function stageAt(standing: Standing, nowMs: number): FairUseStage {
  return nowMs < standing.stageUntil ? standing.stage : 'none'
}

/**
 * The first cap that the user's speech is above. Speech that led to one violation never leads to the
 * next: only what was metered since then is looked at, so that one long day is not punished for as
 * long as it stays in a window. While restricted, the budget speaks instead.
 */
export function findViolation(
  standing: Standing,
  reading: MeterReading,
  caps: Caps,
  limits: StageLimits,
): Violation | undefined {
  const { now } = reading
  const lastAt = standing.violations.at(-1)?.at
  if (lastAt !== undefined && now - lastAt < limits.violationSpacingMs) return undefined
  if (stageAt(standing, now) === 'restrict') return undefined
  for (const window of WINDOWS) {
    const sinceMs = Math.max(now - WINDOW_MS[window], afterMinuteOf(lastAt))
    const speechMs = speechSince(reading, sinceMs)
    const capMs = caps[window]
    if (speechMs > capMs) return { at: now, window, speechMs, capMs }
  }
  return undefined
}

/** The minute of a violation is its own, whole. */
function afterMinuteOf(at: number | undefined): number {
  return at === undefined ? 0 : (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS
}

/** The standing after one more violation: warning, then throttle, then restrict. */
export function afterViolation(
  standing: Standing,
  violation: Violation,
  limits: StageLimits,
): Standing {
  const since = violation.at - limits.violationWindowMs
  const violations = [...standing.violations.filter(({ at }) => at > since), violation]
  const next = (stage: FairUseStage, forMs: number): Standing => ({
    ...standing,
    violations,
    stage,
    stageUntil: violation.at + forMs,
  })
  if (violations.length >= limits.restrictViolations) return next('restrict', limits.restrictMs)
  if (violations.length >= limits.throttleViolations) return next('throttle', limits.throttleMs)
  return next('warning', limits.violationWindowMs)
}
