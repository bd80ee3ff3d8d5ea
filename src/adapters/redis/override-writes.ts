import {
  contentClaimAfter,
  conversationsOf,
  failureSignature,
  type JobId,
  MalformedRecordError,
  type Outcome,
  owesEnrichment,
  type RepeatFailureLimits,
} from '../../kernel/index.ts'
import type { JobStore, OverrideResult, Seen } from '../../ports/index.ts'
import { keys } from './keys.ts'
import { replyParts } from './reply.ts'
import type { ScriptRunner } from './script-runner.ts'

type OverrideWrites = Pick<
  JobStore,
  'finalize' | 'settle' | 'overrideEnding' | 'overrideGeneration'
>

/** A terminal job that still owes its clean-up is looked at again after this. */
const OWED_CLEANUP_DUE_MS = 30_000

/** Writes of those who hold no claim: they compare what was seen, or repeat what is durable. */
export function createOverrideWrites(
  scripts: ScriptRunner,
  settings: {
    readonly terminalRetentionMs: number
    readonly outcomeRetentionMs: number
    readonly repeatFailures?: RepeatFailureLimits
    readonly enriches?: boolean
  },
): OverrideWrites {
  const override = async (
    jobId: JobId,
    seen: Seen,
    change: {
      operation: 'ending' | 'generation'
      revival: boolean
      dueInMs: number
      reason?: string
      outcome?: Outcome
    },
  ): Promise<OverrideResult> => {
    const [kind, generation] = replyParts(
      await scripts.run('override', keys.job(jobId), [
        jobId,
        seen.status,
        seen.epoch,
        seen.generation,
        change.operation,
        change.revival ? '1' : '0',
        change.dueInMs,
        change.outcome ? JSON.stringify(change.outcome) : '',
        seen.leaseUntil ?? '',
        seen.progressAt ?? '',
        change.reason ?? change.outcome?.reasonCode ?? '',
      ]),
    )
    if (kind === 'done') return { kind, generation: Number(generation) }
    if (kind === 'raced' || kind === 'missing') return { kind }
    throw new MalformedRecordError(`override answered ${kind}`)
  }

  return {
    finalize: async (jobId, outcome, { isSettled = false } = {}) => {
      const { segments } = outcome
      const owed = settings.enriches ? conversationsOf(outcome) : []
      const [kind, isAwaited] = replyParts(
        await scripts.run('finalize', keys.job(jobId), [
          jobId,
          outcome.status,
          segments.total,
          segments.successful,
          segments.silent,
          segments.failed,
          outcome.reasonCode ?? '',
          JSON.stringify(outcome),
          OWED_CLEANUP_DUE_MS,
          contentHoldMs(settings, outcome),
          ...repeatFailureArgs(outcome, settings.repeatFailures),
          settings.enriches && owesEnrichment(outcome) ? 'pending' : 'none',
          isSettled ? settings.terminalRetentionMs : '',
          ...owed,
        ]),
      )
      if (kind === 'missing') return { kind }
      if (kind !== 'finalized') throw new MalformedRecordError(`finalize answered ${kind}`)
      return { kind, isSlotWanted: isAwaited === '1' }
    },
    settle: async (jobId) => {
      await scripts.run('settle', keys.job(jobId), [jobId, settings.terminalRetentionMs])
    },
    overrideEnding: (jobId, seen, outcome) =>
      override(jobId, seen, { operation: 'ending', revival: false, dueInMs: 0, outcome }),
    overrideGeneration: (jobId, seen, options) =>
      override(jobId, seen, { operation: 'generation', ...options }),
  }
}

function repeatFailureArgs(outcome: Outcome, limits: RepeatFailureLimits | undefined) {
  const signature = failureSignature(outcome) ?? ''
  return [signature, limits?.limit ?? 0, limits?.windowMs ?? 0, limits?.pauseMs ?? 0]
}

/** How long the job keeps its content to itself once it has ended. */
function contentHoldMs(
  retention: { readonly terminalRetentionMs: number; readonly outcomeRetentionMs: number },
  outcome: Outcome,
): number {
  const { outcomeRetentionMs: kept, terminalRetentionMs: paused } = retention
  return { kept, paused, lifted: 0 }[contentClaimAfter(outcome)]
}
