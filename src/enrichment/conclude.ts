import type { HeldClaim } from '../jobs/index.ts'
import { backoffMs, describeError, RetryableError, TerminalError } from '../kernel/index.ts'
import type {
  EnrichmentClaim,
  EnrichmentEnd,
  EnrichmentRecord,
  EnrichmentRelease,
} from '../ports/index.ts'
import { recordFate, type WorkEnd } from './attempt.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'
import { enqueueWork } from './ensure-task.ts'
import { settleWork, tellListeners } from './settle-work.ts'

/** What became of the work after an attempt; the delivery turns it into the queue's language. */
export type Conclusion =
  | ({
      readonly kind: 'ended'
      readonly reconciled: boolean
      /** The attempts are spent. */
      readonly final: boolean
    } & EnrichmentEnd)
  | {
      readonly kind: 'snoozed' | 'continued'
      readonly generation: number
      readonly afterMs: number
    }
  | { readonly kind: 'requeued'; readonly error: string; readonly afterMs: number }
  | { readonly kind: 'lease_lost' }

/** How long a provider that did not say is left alone. */
const WAIT_MS = 60_000
const LONGEST_WAIT_MS = 60 * 60_000

interface Work {
  readonly held: HeldClaim<EnrichmentClaim>
  readonly record: EnrichmentRecord
  /** True when the queue will delete this generation's task if we fail it. */
  readonly finalDelivery: boolean
}

export async function concludeWork(
  deps: EnrichmentDeps,
  work: Work,
  end: WorkEnd,
): Promise<Conclusion> {
  switch (end.kind) {
    case 'lease_lost':
      return end
    case 'ended':
      return finishWork(deps, work, end, false)
    case 'wait':
      return waitOrGiveUp(deps, work, end)
    case 'retry':
      return retryLater(deps, work, end)
  }
}

/** The store first, then whoever listens: a crash in between is met by recovery. */
async function finishWork(
  deps: EnrichmentDeps,
  { held, record }: Work,
  end: Extract<WorkEnd, { kind: 'ended' }>,
  final: boolean,
): Promise<Conclusion> {
  const { reconciled, verdict, reasonCode } = end
  const why: EnrichmentEnd = { verdict, ...(reasonCode ? { reasonCode } : {}) }
  await held.write((claim) => deps.store.finish(claim, why))
  deps.events.enrichmentEnded({ enrichmentId: record.id, reconciled, ...why })
  const ended = await deps.store.read(record.id)
  if (ended?.status === 'ended') await settleWork(deps, ended)
  return { kind: 'ended', reconciled, final, ...why }
}

async function waitOrGiveUp(
  deps: EnrichmentDeps,
  work: Work,
  end: Extract<WorkEnd, { kind: 'wait' }>,
): Promise<Conclusion> {
  const ageMs = deps.clock.now() - work.record.announcedAt
  if (ageMs >= deps.limits.giveUpAfterMs) return giveUp(deps, work, end.error)
  const forMs = Math.min(end.forMs ?? WAIT_MS, LONGEST_WAIT_MS)
  const afterMs = Math.max(forMs, deps.retryBackoff.minMs)
  return again(deps, work, 'snoozed', end.error, { attemptSpent: false, dueInMs: afterMs })
}

/**
 * A failed attempt. The last word of a task is never a failure: at its final delivery the work moves
 * to the next generation, or, its attempts spent, the failure is recorded (F42).
 */
async function retryLater(
  deps: EnrichmentDeps,
  work: Work,
  end: Extract<WorkEnd, { kind: 'retry' }>,
): Promise<Conclusion> {
  const { held, record, finalDelivery } = work
  const attemptSpent = !end.isOurs
  if (attemptSpent && record.attempt >= deps.limits.maxAttempts) {
    return giveUp(deps, work, end.error)
  }
  const afterMs = backoffMs(record.attempt, deps.retryBackoff, deps.random())
  if (finalDelivery) {
    return again(deps, work, 'continued', end.error, { attemptSpent, dueInMs: afterMs })
  }
  const lastError = describeError(end.error)
  const dueInMs = deps.probeAfterMs
  const answer = await deps.store.release(held.claim, {
    ...{ lastError, attemptSpent, dueInMs },
    nextGeneration: false,
  })
  if (answer.kind === 'lost') return { kind: 'lease_lost' }
  await tellListeners(deps, record.listeners, { state: 'pending' })
  return { kind: 'requeued', error: lastError, afterMs }
}

async function giveUp(deps: EnrichmentDeps, work: Work, error: unknown): Promise<Conclusion> {
  const isTyped = error instanceof RetryableError || error instanceof TerminalError
  const reasonCode = (isTyped ? error.reasonCode : undefined) ?? 'enrichment_upstream_error'
  const fate = await recordFate(deps, work.held, work.record, { verdict: 'failed', reasonCode })
  return finishWork(deps, work, fate, true)
}

/** Under the next generation; an enqueue that fails here is found by recovery. */
async function again(
  deps: EnrichmentDeps,
  { held, record }: Work,
  kind: 'snoozed' | 'continued',
  error: unknown,
  how: Pick<EnrichmentRelease, 'attemptSpent' | 'dueInMs'>,
): Promise<Conclusion> {
  const answer = await deps.store.release(held.claim, {
    ...how,
    lastError: describeError(error),
    nextGeneration: true,
  })
  if (answer.kind === 'lost') return { kind: 'lease_lost' }
  const { generation } = answer
  await enqueueWork(deps, { ...record, generation }, deps.clock.now() + how.dueInMs)
  await tellListeners(deps, record.listeners, { state: 'pending' })
  return { kind, generation, afterMs: how.dueInMs }
}
