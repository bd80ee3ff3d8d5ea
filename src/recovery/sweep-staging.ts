import { inParallel, objectNames, STAGING_PARTS } from '../kernel/index.ts'
import { toFolders } from './staged-folders.ts'
import { type FolderDeps, lossOf, sweepFolder } from './sweep-folder.ts'
import { type Lost, needOf, SPOILED, whereToGoOn } from './sweep-walk.ts'
import type { Pass } from './tally.ts'

export interface SweepDeps extends FolderDeps {
  readonly passLeaseMs: number
  /** From the start of one whole walk to the next, while nothing was lost. */
  readonly manifestSweepIntervalMs: number
  /** Staged objects of one part looked at in one pass. */
  readonly sweepPageObjects: number
}

const PARALLEL_PARTS = 4
const PARALLEL_FOLDERS = 4

/**
 * Walks over what is staged, a page of each part in a pass: at once and again while a sentinel is
 * missing, else every so often. A sentinel is set only after a whole walk that began late enough
 * after the loss was seen: by then whoever was writing a record has written it, or never will.
 */
export async function sweepStaging(deps: SweepDeps, pass: Pass, lost: Lost): Promise<void> {
  const walks = await inParallel(
    Array.from({ length: STAGING_PARTS }, (_, part) => part),
    PARALLEL_PARTS,
    async (part) => {
      try {
        return await sweepPart(deps, pass, lost, part)
      } catch (error) {
        pass.signal.throwIfAborted()
        pass.tally.count('failed')
        deps.events.unexpectedError({ where: 'sweep', error })
        return undefined
      }
    },
  )
  const wholeSince = Math.min(...walks.map((walk) => walk ?? SPOILED))
  for (const [shard, lostSince] of lost) {
    if (wholeSince < lostSince + deps.manifestMinAgeMs) continue
    await deps.store.confirmShard(shard, lostSince)
    deps.events.shardConfirmed({ shard, lostSince })
  }
}

/** One page of a part's walk. @returns when the last whole walk began */
async function sweepPart(
  deps: SweepDeps,
  pass: Pass,
  lost: Lost,
  part: number,
): Promise<number | undefined> {
  const { store, objects } = deps
  const { token, signal } = pass
  const walk = await store.beginSweep(part, {
    ...{ token, leaseMs: deps.passLeaseMs },
    ...needOf(lost, againMs(deps, lost)),
  })
  if (walk.kind !== 'taken') return walk.wholeSince
  const { beganAt, startAfter } = whereToGoOn(walk, lost)
  const limit = deps.sweepPageObjects
  const names = await objects.list(objectNames.stagingPart(part), {
    limit,
    signal,
    ...(startAfter === undefined ? {} : { startAfter }),
  })
  const { folders, cursor } = toFolders(names, names.length < limit)
  let isSpoiled = beganAt === SPOILED
  await inParallel(folders, PARALLEL_FOLDERS, async (folder) => {
    signal.throwIfAborted()
    pass.tally.count('swept')
    try {
      pass.tally.count(await sweepFolder(deps, folder, lossOf(folder, lost)))
    } catch (error) {
      isSpoiled = true
      pass.tally.count('failed')
      deps.events.unexpectedError({ where: 'sweep', jobId: folder.jobId, error })
    }
  })
  const began = isSpoiled ? SPOILED : beganAt
  await store.endSweep(part, token, { beganAt: began, cursor })
  return cursor === undefined ? began : walk.wholeSince
}

/** While a loss is not made good, again and again. */
function againMs(deps: SweepDeps, lost: Lost): number {
  const { manifestSweepIntervalMs, manifestMinAgeMs } = deps
  return lost.size > 0
    ? Math.min(manifestSweepIntervalMs, manifestMinAgeMs / 20)
    : manifestSweepIntervalMs
}
