import type { Events } from '../telemetry/index.ts'
import type { Pass } from './tally.ts'

/** Conversations that users deleted, while anything of that is still to do. */
export interface Deletions {
  sweep(signal: AbortSignal): Promise<DeletionCounts>
}

/** What became of the deletions that were found unfinished. */
export type DeletionCounts = Readonly<Record<'finished' | 'failed', number>>

/** @returns undefined when there was nothing to do; a failure is counted and met again */
export async function recoverDeletions(
  deps: { readonly deletions: Deletions; readonly events: Events },
  pass: Pass,
): Promise<DeletionCounts | undefined> {
  try {
    const counts = await deps.deletions.sweep(pass.signal)
    return counts.finished + counts.failed > 0 ? counts : undefined
  } catch (error) {
    pass.signal.throwIfAborted()
    pass.tally.count('failed')
    deps.events.unexpectedError({ where: 'deletion', error })
    return undefined
  }
}
