import { type DeletionDeps, finishNamed } from './delete-conversation.ts'

/** `finished`: deletions whose process died on the way, or whose stores failed it. */
export type DeletionCounts = Readonly<Record<'finished' | 'failed', number>>

/** Finishes every deletion that was begun. Costs one listing when there is none. */
export async function sweepDeletions(
  deps: DeletionDeps,
  signal: AbortSignal,
): Promise<DeletionCounts> {
  const counts = { finished: 0, failed: 0 }
  for await (const name of deps.archive.openDeletions()) {
    signal.throwIfAborted()
    try {
      await finishNamed(deps, name)
      counts.finished += 1
    } catch (error) {
      counts.failed += 1
      deps.events.unexpectedError({ where: 'deletion', error })
    }
  }
  return counts
}
