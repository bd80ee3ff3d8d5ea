import type { Clock } from '../../src/ports/index.ts'

/** What Cloud Scheduler does: asks for a recovery pass every so often, whether one answers or not. */
export function askForRecovery(options: {
  readonly api: string
  readonly clock: Clock
  readonly mintTaskToken: () => string
  readonly everyMs: number
}): { stop(): Promise<void> } {
  const { api, clock, mintTaskToken, everyMs } = options
  const stopping = new AbortController()
  const ask = async () => {
    const answer = await fetch(`${api}/v2/sync-jobs/reap`, {
      method: 'POST',
      headers: { authorization: `Bearer ${mintTaskToken()}` },
      signal: stopping.signal,
    })
    await answer.arrayBuffer()
  }
  const running = (async () => {
    while (!stopping.signal.aborted) {
      // A service that is dead just now is what this harness is about.
      await ask().catch(() => undefined)
      await clock.sleep(everyMs, stopping.signal).catch(() => undefined)
    }
  })()
  return {
    stop: async () => {
      stopping.abort(new Error('the lane is closing'))
      await running
    },
  }
}
