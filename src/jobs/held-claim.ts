import { LeaseLostError } from '../kernel/index.ts'
import type { Claim, Clock, HolderResult } from '../ports/index.ts'

export interface LeaseTimes {
  readonly renewMs: number
  /** The trust window ends this long before the lease does. */
  readonly stopMarginMs: number
  /** Without any answer for this long the run is given up. */
  readonly unansweredAbortMs: number
}

/** A pause before a renewal that got no answer is sent again. */
const RENEW_AGAIN_MS = 500

/**
 * A claim with its heartbeat. Past the trust window `trusted()` waits until a renewal succeeds, so
 * that a short outage of the store pauses the run; a refused renewal aborts it (I3).
 */
export interface HeldClaim<Held = Claim> extends AsyncDisposable {
  readonly claim: Held
  /** Aborted with LeaseLostError when the claim is gone. */
  readonly signal: AbortSignal
  /** Resolves at once inside the trust window. @throws LeaseLostError when the claim is gone */
  trusted(): Promise<void>
  /** Runs a holder write. @throws LeaseLostError when the store refuses the token */
  write(work: (claim: Held) => Promise<HolderResult>): Promise<void>
}

export function holdClaim<Held extends { readonly leaseMs: number }>(
  deps: {
    readonly store: { renew(claim: Held): Promise<HolderResult> }
    readonly clock: Clock
    readonly times: LeaseTimes
  },
  claim: Held,
  /** Monotonic instant just before the claim was asked for: the window counts from there. */
  askedAtMs: number,
): HeldClaim<Held> {
  const { store, clock, times } = deps
  const lost = new AbortController()
  const stopped = new AbortController()
  let trustedUntilMs = 0
  let lastAnswerMs = askedAtMs
  let waiting: (() => void)[] = []

  const extend = (sentAtMs: number) => {
    lastAnswerMs = Math.max(lastAnswerMs, sentAtMs)
    trustedUntilMs = Math.max(trustedUntilMs, sentAtMs + claim.leaseMs - times.stopMarginMs)
    for (const wake of waiting) wake()
    waiting = []
  }
  const lose = (why: string) => {
    lost.abort(new LeaseLostError(why))
    for (const wake of waiting) wake()
    waiting = []
  }
  extend(askedAtMs)

  const beat = beatUntil(stopped.signal)
  async function beatUntil(signal: AbortSignal): Promise<void> {
    let pauseMs = times.renewMs
    while (!signal.aborted && !lost.signal.aborted) {
      if (!(await slept(clock, pauseMs, signal))) return
      const sentAtMs = clock.monotonicMs()
      const answer = await store.renew(claim).catch(() => 'unanswered' as const)
      if (signal.aborted) return
      if (answer === 'ok') extend(sentAtMs)
      else if (answer === 'lost') lose('the store refused to renew the lease')
      else if (clock.monotonicMs() - lastAnswerMs > times.unansweredAbortMs) {
        lose('no renewal was answered')
      }
      pauseMs = answer === 'ok' ? times.renewMs : Math.min(times.renewMs, RENEW_AGAIN_MS)
    }
  }

  const trusted = async () => {
    while (!lost.signal.aborted && clock.monotonicMs() >= trustedUntilMs) {
      await new Promise<void>((wake) => waiting.push(wake))
    }
    lost.signal.throwIfAborted()
  }

  return {
    claim,
    signal: lost.signal,
    trusted,
    write: async (work) => {
      await trusted()
      if ((await work(claim)) === 'lost') {
        lose('the store refused a write of this claim')
        lost.signal.throwIfAborted()
      }
    },
    [Symbol.asyncDispose]: async () => {
      stopped.abort()
      await beat
    },
  }
}

async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal)
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}
