import {
  assignConversations,
  type ConversationOutline,
  DAY_MS,
  dayStartMs,
  inParallel,
  MalformedRecordError,
  objectNames,
  type TimelineMember,
  type UidHash,
  utcDay,
} from '../../kernel/index.ts'
import type { ListCursor, ObjectStore } from '../../ports/index.ts'
import type { LoadMembers } from './derive-whole.ts'

/** Days read at once. */
const PARALLEL_DAYS = 8
const NAMES_A_PAGE = 1_000

/**
 * How far before its home day a conversation may start: audio sent to it by name may be older than it
 * is, but not older than an upload may be (30 days). Lower loses such conversations from later pages;
 * higher reads more days for every page but the first.
 */
const REACH_DAYS = 33

/** Newest first. Reads days from the newest on, until older ones can change nothing on the page. */
export async function listConversations(
  objects: Pick<ObjectStore, 'list'>,
  load: LoadMembers,
  uidHash: UidHash,
  { before, limit }: { readonly before?: ListCursor; readonly limit: number },
): Promise<ConversationOutline[]> {
  const lastDay = before && utcDay(before.startMs + REACH_DAYS * DAY_MS)
  const days = (await listDays(objects, uidHash))
    .filter((day) => lastDay === undefined || day <= lastDay)
    .reverse()
  const members: TimelineMember[] = []
  for (let at = 0; at < days.length; at += PARALLEL_DAYS) {
    const batch = days.slice(at, at + PARALLEL_DAYS)
    members.push(...(await inParallel(batch, PARALLEL_DAYS, load)).flat())
    const isAll = at + PARALLEL_DAYS >= days.length
    // What starts on the oldest day read may begin on the day before it.
    const settledFromMs = isAll ? -Infinity : dayStartMs(batch.at(-1) ?? '') + DAY_MS
    const page = assignConversations(members).filter(
      (each) => each.startMs >= settledFromMs && (!before || newestFirst(before, each) < 0),
    )
    if (isAll || page.length >= limit) return page.sort(newestFirst).slice(0, limit)
  }
  return []
}

/** Every day the user has a document for, oldest first. */
async function listDays(objects: Pick<ObjectStore, 'list'>, uidHash: UidHash): Promise<string[]> {
  const prefix = objectNames.timelinePrefix(uidHash)
  const days: string[] = []
  for (let last: string | undefined; ; ) {
    const page = await objects.list(prefix, {
      limit: NAMES_A_PAGE,
      ...(last === undefined ? {} : { startAfter: last }),
    })
    days.push(...page.map(({ name }) => dayOfName(name, prefix)))
    if (page.length < NAMES_A_PAGE) return days
    last = page.at(-1)?.name
  }
}

function dayOfName(name: string, prefix: string): string {
  const day = /^(\d{8})\.json$/.exec(name.slice(prefix.length))?.[1]
  if (day === undefined) throw new MalformedRecordError(`${name} is not the name of a day`)
  return day
}

function newestFirst(a: ListCursor, b: ListCursor): number {
  return b.startMs - a.startMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
}
