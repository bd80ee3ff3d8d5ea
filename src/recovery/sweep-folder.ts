import { rebuildJob } from '../jobs/index.ts'
import { objectNames, shardOfJob } from '../kernel/index.ts'
import type { ObjectStore } from '../ports/index.ts'
import { type RecoverDeps, recoverJob } from './recover-job.ts'
import type { StagedFolder } from './staged-folders.ts'

export interface FolderDeps extends RecoverDeps {
  readonly objects: ObjectStore
  /** A younger manifest's upload may still be about to write its record. */
  readonly manifestMinAgeMs: number
  /** Longer than any upload takes: younger blobs may still get their manifest. */
  readonly blobMinAgeMs: number
}

/** What became of the staged objects of one job. */
export type FolderVerdict =
  /** The record was gone, and stands again. */
  | 'rebuilt'
  /** The same, but its content is another job's by now: it ended as that one. */
  | 'same_as'
  /** The record had lost its due entry, and has it again. */
  | 'rewatched'
  /** The job has ended: what was left of it is deleted. */
  | 'cleaned'
  /** Blobs of an upload that never came to be a job. */
  | 'orphans_deleted'
  | 'kept'
  | 'young'

/** @param lostSince when the job's shard was seen to have forgotten its jobs; undefined if it has not */
export async function sweepFolder(
  deps: FolderDeps,
  folder: StagedFolder,
  lostSince: number | undefined,
): Promise<FolderVerdict> {
  const { manifestAt } = folder
  if (manifestAt === undefined) return sweepBlobs(deps, folder)
  const isOld = manifestAt <= deps.clock.now() - deps.manifestMinAgeMs
  const isOlderThanLoss = lostSince !== undefined && manifestAt <= lostSince
  if (!isOld && !isOlderThanLoss) return 'young'
  const known = await deps.store.keepDue(folder.jobId)
  if (known === 'due') return 'kept'
  if (known === 'added') return 'rewatched'
  return bringHome(deps, folder, known === 'settled')
}

/** No record, or one that says all is done: the outcome decides, then the manifest. */
async function bringHome(
  deps: FolderDeps,
  { uidHash, jobId }: StagedFolder,
  isSettled: boolean,
): Promise<FolderVerdict> {
  const manifest = await deps.archive.readManifest(uidHash, jobId)
  if (!manifest) return 'kept'
  if (isSettled || (await deps.archive.readOutcome(uidHash, jobId))) {
    await deps.endings.settle(jobId, manifest)
    return 'cleaned'
  }
  if ((await rebuildJob(deps, manifest, 0)) === 'same_as_other') return 'same_as'
  try {
    await recoverJob(deps, jobId)
  } catch (error) {
    // The record stands again and is due: the next pass goes on with it.
    deps.events.unexpectedError({ where: 'recovery', jobId, error })
  }
  return 'rebuilt'
}

/** Never a blob whose manifest stands, may be about to, or whose job somebody still knows. */
async function sweepBlobs(deps: FolderDeps, folder: StagedFolder): Promise<FolderVerdict> {
  const { uidHash, jobId, blobs } = folder
  const newestAt = Math.max(...blobs.map(({ createdAt }) => createdAt))
  if (newestAt > deps.clock.now() - deps.blobMinAgeMs) return 'young'
  const known = await deps.store.keepDue(jobId)
  if (known === 'due' || known === 'added') return 'kept'
  if (await deps.objects.stat(objectNames.manifest(uidHash, jobId))) return 'kept'
  for (const { name } of blobs) await deps.objects.delete(name)
  deps.events.orphansDeleted({ jobId, uidHash, blobs: blobs.length })
  return 'orphans_deleted'
}

/** The instant a folder's own shard was seen to have lost its jobs. */
export function lossOf(
  folder: StagedFolder,
  lost: ReadonlyMap<number, number>,
): number | undefined {
  return lost.get(shardOfJob(folder.jobId))
}
