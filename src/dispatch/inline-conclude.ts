import type { EndReason, HeldClaim } from '../jobs/index.ts'
import {
  backoffMs,
  LeaseLostError,
  type Manifest,
  SECOND_MS,
  UnavailableError,
} from '../kernel/index.ts'
import type { Claim, KeepReason, Ledger } from '../ports/index.ts'
import { doneReasonOf, endJob, endReasonOf, judgeAttempt } from './conclude.ts'
import type { RunningDeps } from './delivery-deps.ts'
import type { RunReport } from './run-claimed.ts'

export interface InlineConcludeDeps extends RunningDeps {
  /** Aborted at shutdown, with a RunAbortedError: runs give their jobs back and stop. */
  readonly stop: AbortSignal
  /** How long a provider may put off a job with the user's own key; nobody can run it later. */
  readonly ownKeyMaxWaitMs: number
}

/** Nothing more to do here, or the next attempt under the claim that was kept. */
export type InlineNext =
  | { readonly kind: 'over' }
  | {
      readonly kind: 'again'
      readonly claim: Claim
      readonly ledger: Ledger
      readonly afterMs: number
    }

const OVER: InlineNext = { kind: 'over' }
/** Nobody else calls the job again: recovery looks at once. */
const DUE_NOW_MS = 0
/** While a store does not answer; the claim is held meanwhile. */
const ASK_AGAIN_MS = SECOND_MS

/**
 * Ends the job, keeps it for another attempt, or at shutdown gives it back. Asks until it is answered:
 * a short outage must not cost a job that nobody else may run.
 */
export async function concludeInline(
  deps: InlineConcludeDeps,
  held: HeldClaim,
  manifest: Manifest,
  report: RunReport,
  /** `busyMs`: how long the provider has put us off since something landed, this time included. */
  so: { readonly step: number; readonly busyMs: number },
): Promise<InlineNext> {
  for (;;) {
    try {
      return await concludeEnd(deps, held, manifest, report, so)
    } catch (error) {
      if (error instanceof LeaseLostError) return OVER
      if (!(error instanceof UnavailableError)) throw error
      const givenUp = AbortSignal.any([held.signal, deps.stop])
      await deps.clock.sleep(ASK_AGAIN_MS, givenUp).catch(() => undefined)
      if (givenUp.aborted) return OVER
    }
  }
}

async function concludeEnd(
  deps: InlineConcludeDeps,
  held: HeldClaim,
  manifest: Manifest,
  report: RunReport,
  so: { readonly step: number; readonly busyMs: number },
): Promise<InlineNext> {
  const { end } = report
  const land = async (why: EndReason): Promise<InlineNext> => {
    await endJob(deps, held, manifest, why, false)
    return OVER
  }
  switch (end.kind) {
    case 'lease_lost':
      return OVER
    case 'done':
      return land(doneReasonOf(end, report))
    case 'discard':
      return land(endReasonOf(end))
    case 'snooze':
      if (manifest.byok && so.busyMs > deps.ownKeyMaxWaitMs) {
        return land({ reasonCode: 'stt_upstream_error' })
      }
      return keep(deps, held, {
        waitingFor: 'capacity',
        attemptSpent: false,
        dueInMs: end.forMs,
        reasonCode: end.reasonCode,
        lastError: '',
      })
    case 'retry':
    case 'aborted': {
      const isShutdown = end.kind === 'aborted' && end.cause === 'shutdown'
      // The key goes with this process: nobody could go on.
      if (isShutdown && manifest.byok) return land({ reasonCode: 'byok_worker_lost' })
      const { why, lastWord } = await judgeAttempt(deps, manifest, report)
      if (isShutdown) {
        await held.write((claim) => deps.store.requeue(claim, { ...why, dueInMs: DUE_NOW_MS }))
        return OVER
      }
      if (lastWord) return land(lastWord)
      const dueInMs = backoffMs(so.step, deps.retryBackoff, deps.random())
      return keep(deps, held, { ...why, waitingFor: 'retry', dueInMs })
    }
  }
}

async function keep(
  deps: InlineConcludeDeps,
  held: HeldClaim,
  why: KeepReason,
): Promise<InlineNext> {
  await held.trusted()
  const answer = await deps.store.keep(held.claim, why)
  if (answer.kind === 'lost') return OVER
  const { claim, ledger } = answer
  return { kind: 'again', claim, ledger, afterMs: why.dueInMs }
}
