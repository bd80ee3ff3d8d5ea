import type { SweepNeed, SweepWalk } from '../ports/index.ts'

/** Shards that may have forgotten jobs, and since when that is seen. */
export type Lost = ReadonlyMap<number, number>

/** The start of a walk on which something failed: it goes on to its end, and does not count as whole. */
export const SPOILED = 0

/** A walk that began after every loss, and then one every so often. */
export function needOf(lost: Lost, againMs: number): SweepNeed {
  return { since: Math.max(SPOILED + 1, ...lost.values()), againMs }
}

/** A walk that began before a loss was seen has passed over what is lost: it starts anew, once. */
export function whereToGoOn(
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
