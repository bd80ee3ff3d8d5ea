import type { SegmentCounts, TerminalStatus } from './job.ts'

/** A file without a plan that is not proven undecodable counts as one failed segment (I6). */
export interface LandingFacts {
  readonly segments: SegmentCounts
  /** True when every file of the upload was read, verified and found to hold no audio. */
  readonly nothingDecoded: boolean
}

/**
 * The one landing rule: what a job's end is called. Everything landed or silent is `completed`,
 * no segments at all included; more than `failureThreshold` of the segments lost is `failed`.
 */
export function landingStatus(facts: LandingFacts, failureThreshold: number): TerminalStatus {
  const { total, failed } = facts.segments
  if (facts.nothingDecoded) return 'failed'
  if (failed === 0) return 'completed'
  return failed === total || failed / total > failureThreshold ? 'failed' : 'partial_failure'
}

/** The first ten lines, then one that says how many more there are. */
export function capErrors(errors: readonly string[]): string[] {
  const shown = 10
  if (errors.length <= shown) return [...errors]
  return [...errors.slice(0, shown), `and ${errors.length - shown} more`]
}

export function processedSegments(counts: SegmentCounts): number {
  return counts.successful + counts.silent + counts.failed
}
