import type { JobId, Outcome } from '../../../src/kernel/index.ts'
import type { Ledger } from './ledger.ts'
import type { LawContent } from './sounds.ts'

export interface EvidenceLimits {
  readonly maxFruitlessAttempts: number
  readonly maxRevivals: number
}

/**
 * I8: an end that is no success needs proof, by its own word. Waiting proves nothing, however long.
 * @returns what is missing; undefined when the failure is earned
 */
export function missingEvidence(
  ledger: Ledger,
  jobId: JobId,
  content: LawContent,
  outcome: Outcome,
  limits: EvidenceLimits,
): string | undefined {
  const { reasonCode } = outcome
  const isRefused = [...content.segmentIds].some((id) => ledger.refusedSegments.has(id))
  const unearned = (is: boolean, what: string) => (is ? undefined : `${reasonCode}: ${what}`)
  switch (reasonCode) {
    case undefined:
      return 'no reason code (I12)'
    case 'sync_segments_lost':
      return unearned(isRefused, 'the provider refused none of its segments')
    case 'stt_configuration_error':
      return unearned(ledger.isMisconfigured, 'the provider never said so')
    case 'sync_invalid_audio':
      return unearned(
        content.files.every((file) => !file.readable),
        'a file of it is readable',
      )
    case 'sync_dispatch_lost':
    case 'sync_staged_audio_expired':
      return unearned(ledger.expired.has(jobId), 'nobody took its audio away')
    case 'sync_worker_lost':
      return unearned(
        (ledger.claims.get(jobId) ?? 0) > limits.maxRevivals,
        `only ${ledger.claims.get(jobId) ?? 0} claims`,
      )
    case 'sync_cancelled':
      return unearned(ledger.cancelled.has(content), 'its user never asked for it')
    case 'stt_upstream_error':
    case 'stt_timeout':
    case 'sync_attempts_exhausted':
      return unearned(
        (ledger.claimsSinceLanding.get(jobId) ?? 0) >= limits.maxFruitlessAttempts,
        `only ${ledger.claimsSinceLanding.get(jobId) ?? 0} claims since a segment landed`,
      )
    default:
      return `${reasonCode} was never to happen here`
  }
}
