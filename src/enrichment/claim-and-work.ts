import { type HeldClaim, holdClaim } from '../jobs/index.ts'
import { describeError, type EnrichmentId, LeaseLostError } from '../kernel/index.ts'
import type { EnrichmentClaim, EnrichmentClaimResult, EnrichmentRecord } from '../ports/index.ts'
import { attemptWork, type WorkEnd } from './attempt.ts'
import { type Conclusion, concludeWork } from './conclude.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'
import { tellListeners } from './settle-work.ts'

export type Worked =
  | Exclude<EnrichmentClaimResult, { kind: 'claimed' }>
  | { readonly kind: 'worked'; readonly conclusion: Conclusion }

/** Claims the work and makes one attempt; the same in a delivery and inline (I3). */
export async function claimAndWork(
  deps: EnrichmentDeps,
  id: EnrichmentId,
  how: {
    readonly generation: number
    readonly finalDelivery: boolean
    readonly stop: AbortSignal
  },
): Promise<Worked> {
  const askedAtMs = deps.clock.monotonicMs()
  const token = Buffer.from(deps.randomBytes(16)).toString('hex')
  const { generation } = how
  const granted = await deps.store.claim({ id, generation, token, leaseMs: deps.leaseMs })
  if (granted.kind !== 'claimed') return granted
  const { store, clock, leaseTimes: times } = deps
  await using held = holdClaim({ store, clock, times }, granted.claim, askedAtMs)
  const conclusion = await workHeld(deps, held, granted.record, how)
  // Awaited here: the heartbeat ends with this block.
  return { kind: 'worked', conclusion }
}

async function workHeld(
  deps: EnrichmentDeps,
  held: HeldClaim<EnrichmentClaim>,
  record: EnrichmentRecord,
  how: { readonly finalDelivery: boolean; readonly stop: AbortSignal },
): Promise<Conclusion> {
  const startedMs = deps.clock.monotonicMs()
  try {
    await tellListeners(deps, record.listeners, { state: 'running' })
    const end = await attemptWork(deps, held, record, how.stop)
    noteEnd(deps, record, end, deps.clock.monotonicMs() - startedMs)
    return await concludeWork(deps, { held, record, finalDelivery: how.finalDelivery }, end)
  } catch (error) {
    if (error instanceof LeaseLostError) return { kind: 'lease_lost' }
    throw error
  }
}

function noteEnd(deps: EnrichmentDeps, record: EnrichmentRecord, end: WorkEnd, ms: number): void {
  deps.events.enrichmentAttemptEnded({
    enrichmentId: record.id,
    attempt: record.attempt,
    outcome: end.kind === 'ended' ? end.verdict : end.kind,
    ms: Math.round(ms),
    ...('error' in end ? { error: end.error, detail: describeError(end.error) } : {}),
  })
}
