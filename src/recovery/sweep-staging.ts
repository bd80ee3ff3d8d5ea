import { inParallel, objectNames, STAGING_PARTS } from '../kernel/index.ts'
import type { SweepNeed, SweepWalk } from '../ports/index.ts'
import { toFolders } from './staged-folders.ts'
import { type FolderDeps, lossOf, sweepFolder } from './sweep-folder.ts'
import type { Pass } from './tally.ts'

export interface SweepDeps extends FolderDeps {
  readonly passLeaseMs: number
  /** From the start of one whole walk to the next, while nothing was lost. */
  readonly manifestSweepIntervalMs: number
  /** Staged objects of one part looked at in one pass. */
  readonly sweepPageObjects: number
}

/** Shards that may have forgotten jobs, and since when that is seen. */
type Lost = ReadonlyMap<number, number>

const PARALLEL_PARTS = 4
const PARALLEL_FOLDERS = 4
/** The start of a walk on which a folder failed: it goes on to its end, and does not count as whole. */
const SPOILED = 0

/**
 * Walks over what is staged, a page of each part in a pass: at once and again while a sentinel is
 * missing, else every so often. A sentinel is set only after a whole walk that began late enough
 * after the loss was seen: by then whoever was writing a record has written it, or never will.
 *
 * Summaries leave nothing staged. The walk over them is due whenever one begins here with nothing lost,
 * and once a loss is made good: by then the jobs that wait for them are back.
 */
export async function sweepStaging(
  deps: SweepDeps,
  pass: Pass,
  lost: Lost,
): Promise<{ readonly isSummarySweepDue: boolean }> {
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
  const wholeSince = Math.min(...walks.map((walk) => walk?.wholeSince ?? SPOILED))
  let isSummarySweepDue = lost.size === 0 && walks[0]?.hasBegun === true
  for (const [shard, lostSince] of lost) {
    if (wholeSince < lostSince + deps.manifestMinAgeMs) continue
    await deps.store.confirmShard(shard, lostSince)
    deps.events.shardConfirmed({ shard, lostSince })
    isSummarySweepDue = true
  }
  return { isSummarySweepDue }
}

interface PartWalk {
  /** When the last whole walk began. */
  readonly wholeSince: number | undefined
  /** This page is a walk's first. */
  readonly hasBegun: boolean
}

/** One page of a part's walk. */
async function sweepPart(deps: SweepDeps, pass: Pass, lost: Lost, part: number): Promise<PartWalk> {
  const { store, objects } = deps
  const { token, signal } = pass
  const walk = await store.beginSweep(part, {
    ...{ token, leaseMs: deps.passLeaseMs },
    ...needOf(deps, lost),
  })
  if (walk.kind !== 'taken') return { wholeSince: walk.wholeSince, hasBegun: false }
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
  const wholeSince = cursor === undefined ? began : walk.wholeSince
  return { wholeSince, hasBegun: startAfter === undefined }
}

/** A walk that began before a loss was seen has passed over what is lost: it starts anew, once. */
function whereToGoOn(
  walk: SweepWalk,
  lost: Lost,
): { readonly beganAt: number; readonly startAfter: string | undefined } {
  const { beganAt, cursor } = walk
  const seenLast = Math.max(...lost.values())
  if (cursor === undefined || beganAt === undefined) {
    return { beganAt: walk.now, startAfter: undefined }
  }
  if (beganAt !== SPOILED && beganAt < seenLast) return { beganAt: walk.now, startAfter: undefined }
  return { beganAt, startAfter: cursor }
}

/** At once after a loss, and again and again until it is confirmed; else every so often. */
function needOf(deps: SweepDeps, lost: Lost): SweepNeed {
  const againAfterLossMs = Math.min(deps.manifestSweepIntervalMs, deps.manifestMinAgeMs / 20)
  return {
    since: Math.max(SPOILED + 1, ...lost.values()),
    againMs: lost.size > 0 ? againAfterLossMs : deps.manifestSweepIntervalMs,
  }
}
