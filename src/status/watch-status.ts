import { isTerminal, type JobId, type StatusView, type UidHash } from '../kernel/index.ts'
import type { Clock } from '../ports/index.ts'
import { type FindStatusDeps, findStatus } from './find-status.ts'

/**
 * Every change of a job's status as it is seen, the present one first; ends after a terminal one, or
 * when the job is no longer known. Reads only (I9).
 */
export async function* watchStatus(
  deps: FindStatusDeps & { readonly clock: Clock; readonly intervalMs: number },
  uidHash: UidHash,
  jobId: JobId,
  signal: AbortSignal,
): AsyncGenerator<StatusView, void, undefined> {
  let last = ''
  while (!signal.aborted) {
    const found = await findStatus(deps, uidHash, jobId)
    if (found.kind !== 'found') return
    const text = JSON.stringify(found.view)
    if (text !== last) yield found.view
    last = text
    if (isTerminal(found.view.status)) return
    try {
      await deps.clock.sleep(deps.intervalMs, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
