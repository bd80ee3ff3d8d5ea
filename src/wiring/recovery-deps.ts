import type { Config } from '../config/index.ts'
import { type DeletionDeps, sweepDeletions } from '../deletion/index.ts'
import type { PassDeps } from '../recovery/index.ts'

/** What a recovery pass takes beside what running a job does. */
export function recoveryDeps<T>(
  config: Config,
  parties: DeletionDeps & Pick<PassDeps, 'objects'>,
  rooms: T,
) {
  const deletions: PassDeps['deletions'] = { sweep: (signal) => sweepDeletions(parties, signal) }
  return { ...rooms, ...config.recovery, objects: parties.objects, deletions }
}
