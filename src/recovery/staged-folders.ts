import { type JobId, parseStagedName, type UidHash } from '../kernel/index.ts'
import type { ListedObject } from '../ports/index.ts'

/** What is staged for one job, as far as it was listed. */
export interface StagedFolder {
  readonly uidHash: UidHash
  readonly jobId: JobId
  readonly blobs: readonly ListedObject[]
  /** Epoch ms; undefined when no manifest was listed. */
  readonly manifestAt: number | undefined
}

export interface FolderPage {
  readonly folders: readonly StagedFolder[]
  /** Name after which the next page starts; undefined at the end. */
  readonly cursor: string | undefined
}

/**
 * A listing, in its order, as folders. The last one of a full page may go on behind it and is left to
 * the next page, unless it is all there is. Names that are none of ours are passed over.
 */
export function toFolders(names: readonly ListedObject[], isEnd: boolean): FolderPage {
  const folders: StagedFolder[] = []
  let lastBefore: string | undefined
  let previous: string | undefined
  for (const object of names) {
    const staged = parseStagedName(object.name)
    const last = folders.at(-1)
    if (staged && last?.jobId === staged.jobId && last.uidHash === staged.uidHash) {
      folders[folders.length - 1] = grown(last, object, staged.isManifest)
    } else if (staged) {
      const { uidHash, jobId } = staged
      lastBefore = previous
      folders.push(
        grown({ uidHash, jobId, blobs: [], manifestAt: undefined }, object, staged.isManifest),
      )
    }
    previous = object.name
  }
  if (isEnd) return { folders, cursor: undefined }
  if (folders.length < 2 || lastBefore === undefined) return { folders, cursor: previous }
  return { folders: folders.slice(0, -1), cursor: lastBefore }
}

function grown(folder: StagedFolder, object: ListedObject, isManifest: boolean): StagedFolder {
  return isManifest
    ? { ...folder, manifestAt: object.createdAt }
    : { ...folder, blobs: [...folder.blobs, object] }
}
