import type { Clock } from '../../ports/index.ts'

export interface RecoveryTimerOptions {
  readonly api: string
  /** A token that the service believes, made anew for each call. */
  readonly mintToken: () => string
  readonly intervalMs: number
  readonly clock: Clock
  readonly onEvent: (event: RecoveryEvent) => void
}

export type RecoveryEvent =
  | { readonly kind: 'recovery_passed'; readonly counts: unknown }
  | { readonly kind: 'recovery_failed'; readonly why: string }

const ANSWER_WITHIN_MS = 60_000

/** What Cloud Scheduler does in production: asks for a recovery pass every so often. */
export function startRecoveryTimer(options: RecoveryTimerOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const running = (async () => {
    for (;;) {
      try {
        await options.clock.sleep(options.intervalMs, stopping.signal)
        const counts = await askForPass(options, stopping.signal)
        options.onEvent({ kind: 'recovery_passed', counts })
      } catch (error) {
        if (stopping.signal.aborted) return
        options.onEvent({ kind: 'recovery_failed', why: String(error) })
      }
    }
  })()
  return {
    stop: async () => {
      stopping.abort(new Error('the stack is closing'))
      await running
    },
  }
}

async function askForPass(options: RecoveryTimerOptions, stop: AbortSignal): Promise<unknown> {
  const answer = await fetch(`${options.api}/v2/sync-jobs/reap`, {
    method: 'POST',
    headers: { authorization: `Bearer ${options.mintToken()}` },
    signal: AbortSignal.any([stop, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${answer.status} ${text}`)
  return JSON.parse(text)
}
