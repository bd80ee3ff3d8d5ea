import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { AppClient, ClientStatus } from './app-client.ts'

export interface JobWatch {
  /** Resolves with the first terminal status that the client was shown. */
  readonly terminal: Promise<ClientStatus>
  stop(): Promise<void>
}

const POLL_MS = 100

/** Polls as the app does, only more often, and notes every status that lies. */
export function watchJob(options: {
  readonly client: AppClient
  readonly jobId: string
  readonly segments: number
  /** True while the store may have been wiped: progress may begin anew. */
  readonly mayForget: boolean
  /** True where a failure would be the truth. */
  readonly mayFail: boolean
  /** Told at the first terminal status, before anything else is asked. */
  readonly onTerminal: (status: ClientStatus) => Promise<void>
  readonly onLie: (lie: string) => void
}): JobWatch {
  const { client, jobId, onLie, onTerminal } = options
  const terminal = Promise.withResolvers<ClientStatus>()
  let stopped = false
  let last: ClientStatus | undefined
  const look = async () => {
    const seen = await client.status(jobId)
    if (seen === undefined) return
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
      await delay(POLL_MS)
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
  expected: { readonly segments: number; readonly mayForget: boolean; readonly mayFail: boolean },
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
  if (processed > total || (failed > 0 && !isFailed) || ![0, expected.segments].includes(total)) {
    lies.push(`counts are wrong: ${JSON.stringify(seen)}`)
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
