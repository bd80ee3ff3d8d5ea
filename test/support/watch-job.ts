import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { AppClient, ClientStatus } from './app-client.ts'

export interface JobWatch {
  /** Resolves with the first terminal status that the client was shown. */
  readonly terminal: Promise<ClientStatus>
  stop(): Promise<void>
}

const POLL_MS = 100

interface WatchOptions {
  readonly client: AppClient
  readonly jobId: string
  readonly segments: number
  /** True while the store may have been wiped: progress may begin anew. */
  readonly mayForget: boolean
  /** True where a file may fail to be read: what is planned so far is shown, and grows. */
  readonly mayGrow?: boolean
  /** True where a failure would be the truth. */
  readonly mayFail: boolean
  /** Told at the first terminal status, before anything else is asked. */
  readonly onTerminal: (status: ClientStatus) => Promise<void>
  readonly onLie: (lie: string) => void
  /** Default 100 ms. */
  readonly pollMs?: number
}

/** Polls as the app does, only more often, and notes every status that lies. */
export function watchJob(options: WatchOptions): JobWatch {
  const { client, jobId, onLie, onTerminal, pollMs = POLL_MS } = options
  const terminal = Promise.withResolvers<ClientStatus>()
  let stopped = false
  let last: ClientStatus | undefined
  const look = async () => {
    const seen = await client.status(jobId)
    if (seen === undefined) return
    if (isDeepStrictEqual(last, seen)) return
    for (const lie of liesBetween(last, seen, options)) onLie(lie)
    const isFirst = isTerminal(seen) && !(last && isTerminal(last))
    last = seen
    if (!isFirst) return
    await onTerminal(seen)
    terminal.resolve(seen)
  }
  const watching = (async () => {
    while (!stopped) {
      await look()
      await delay(pollMs)
    }
  })()
  watching.catch(terminal.reject)
  return {
    terminal: terminal.promise,
    stop: async () => {
      stopped = true
      await watching
    },
  }
}

function liesBetween(
  last: ClientStatus | undefined,
  seen: ClientStatus,
  expected: Pick<WatchOptions, 'segments' | 'mayForget' | 'mayFail' | 'mayGrow'>,
): string[] {
  const lies: string[] = []
  if (last && isTerminal(last) && !isDeepStrictEqual(last, seen)) {
    lies.push(`I2: a terminal status changed: ${JSON.stringify(last)} -> ${JSON.stringify(seen)}`)
  }
  const isFailed = seen.status === 'failed' || seen.status === 'partial_failure'
  if (isFailed && !expected.mayFail) {
    lies.push(`I6: nothing was lost, yet the status was ${seen.status}`)
  }
  const { total_segments: total, processed_segments: processed, failed_segments: failed } = seen
  const isTotal =
    total === 0 || total === expected.segments || (expected.mayGrow && total < expected.segments)
  if (processed > total || (failed > 0 && !isFailed && !expected.mayFail) || !isTotal) {
    lies.push(`counts are wrong: ${JSON.stringify(seen)}`)
  }
  if (last && total < last.total_segments && !expected.mayForget) {
    lies.push(`the total went back from ${last.total_segments} to ${total}`)
  }
  if (last && processed < last.processed_segments && !expected.mayForget) {
    lies.push(`progress went back from ${last.processed_segments} to ${processed}`)
  }
  const done = seen.successful_segments + seen.silent_segments
  if (seen.status === 'completed' && (done !== expected.segments || total !== expected.segments)) {
    lies.push(`I6: completed with wrong counts: ${JSON.stringify(seen)}`)
  }
  return lies
}

function isTerminal(seen: ClientStatus): boolean {
  return seen.status !== 'queued' && seen.status !== 'processing'
}
