import { type Manifest, objectNames } from '../kernel/index.ts'
import type { ObjectStore } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

interface RemoveDeps {
  readonly objects: Pick<ObjectStore, 'delete'>
  readonly events: Pick<Events, 'unexpectedError'>
}

/**
 * What cannot be removed now is swept later: blobs without a manifest belong to no job.
 * @returns whether all of them are proven gone
 */
export async function removeStaged(deps: RemoveDeps, names: readonly string[]): Promise<boolean> {
  let isGone = true
  for (const name of names) {
    try {
      await deps.objects.delete(name)
    } catch (error) {
      isGone = false
      deps.events.unexpectedError({ where: 'upload clean-up', error })
    }
  }
  return isGone
}

/** An upload that is proven to have become no job: its manifest goes first, then its blobs. */
export async function withdraw(deps: RemoveDeps, manifest: Manifest): Promise<void> {
  const { uidHash, jobId, files } = manifest
  const isForgotten = await removeStaged(deps, [objectNames.manifest(uidHash, jobId)])
  // A manifest that may still stand would promise blobs that are gone.
  if (!isForgotten) return
  await removeStaged(
    deps,
    files.map((file) => file.object),
  )
}
