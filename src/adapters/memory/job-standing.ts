import { isTerminal } from '../../kernel/index.ts'
import type { JobEntry, ReleaseOperation } from './job-entry.ts'

/** Who may still do what with a job; the rules every write asks first. */
export function isEnded(entry: JobEntry): boolean {
  return isTerminal(entry.status)
}

/** A lease that lapsed and that nobody took is still its token's. */
export function isHeldBy(entry: JobEntry, token: string): boolean {
  return entry.status === 'processing' && entry.token === token
}

/** May still change what the run has done; a frozen result is only brought to its end. */
export function worksUnder(entry: JobEntry, token: string): boolean {
  return isHeldBy(entry, token) && entry.outcome === undefined
}

/** A release sent again after its reply was lost. */
export function wasReleasedBy(
  entry: JobEntry,
  token: string,
  operation: ReleaseOperation,
): boolean {
  const { released } = entry
  return released?.token === token && released.operation === operation && entry.token === undefined
}
