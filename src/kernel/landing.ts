import type { Outcome, SegmentCounts, TerminalStatus } from './job.ts'

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

/**
 * What a job's end means for its content claim. `kept`: the result answers a second upload of the same
 * bytes. `paused`: the user stopped it, so that a re-upload by habit meets the ended job for as long as
 * its record is kept. `lifted`: the failure invites a re-upload (I7).
 */
export function contentClaimAfter(
  outcome: Pick<Outcome, 'status' | 'reasonCode'>,
): 'kept' | 'paused' | 'lifted' {
  if (outcome.status === 'completed') return 'kept'
  return outcome.reasonCode === 'sync_cancelled' ? 'paused' : 'lifted'
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
