import type { ChecksumFactory, Clock } from '../../ports/index.ts'
import { bounded } from './bounded.ts'
import type { RequestScopes } from './request-scopes.ts'
import { isWorthRetrying } from './vendor-errors.ts'

/** A hiccup is over by then; lower hammers a store that is busy, higher delays the caller. */
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5_000

export interface Effort {
  readonly clock: Clock
  readonly scopes: RequestScopes
  readonly checksum: ChecksumFactory
  /** For the whole, pauses and tries included. One try gets at most half, so that there are two. */
  readonly budgetMs: number
  /** From 0 up to 1. */
  readonly random: () => number
}

/**
 * Tries until it works, the answer is final or the budget is spent; rejects with the last error.
 * @throws `signal.reason` as soon as the signal aborts
 */
export async function persist<T>(
  effort: Effort,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, scopes, budgetMs, random } = effort
  const deadlineMs = clock.monotonicMs() + budgetMs
  for (let tries = 0; ; tries += 1) {
    const ms = Math.min(budgetMs / 2, deadlineMs - clock.monotonicMs())
    try {
      return await bounded(clock, { ms, signal }, (trySignal) =>
        scopes.run(trySignal, () => work(trySignal)),
      )
    } catch (error) {
      signal?.throwIfAborted()
      const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries) * (0.5 + random() / 2)
      if (!isWorthRetrying(error) || clock.monotonicMs() + pauseMs >= deadlineMs) throw error
      await clock.sleep(pauseMs, signal)
    }
  }
}
