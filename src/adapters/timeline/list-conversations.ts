import {
  type ConversationOutline,
  DAY_MS,
  dayStartMs,
  inParallel,
  liveConversations,
  MalformedRecordError,
  neighbours,
  objectNames,
  type TimelineFacts,
  type UidHash,
  utcDay,
} from '../../kernel/index.ts'
import type { ListCursor, ObjectStore } from '../../ports/index.ts'
import { type LoadFacts, unite } from './stretch.ts'

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
  load: LoadFacts,
  uidHash: UidHash,
  { before, limit }: { readonly before?: ListCursor; readonly limit: number },
): Promise<ConversationOutline[]> {
  const lastDay = before && utcDay(before.startMs + REACH_DAYS * DAY_MS)
  const days = (await listDays(objects, uidHash))
    .filter((day) => lastDay === undefined || day <= lastDay)
    .reverse()
  let facts: TimelineFacts = { members: [], tombstones: [] }
  for (let at = 0; at < days.length; at += PARALLEL_DAYS) {
    const batch = days.slice(at, at + PARALLEL_DAYS)
    facts = unite([facts, ...(await inParallel(batch, PARALLEL_DAYS, load))])
    const isAll = at + PARALLEL_DAYS >= days.length
    const settledFromMs = isAll ? -Infinity : settledFrom(facts, batch.at(-1) ?? '')
    const page = liveConversations(facts).filter(
      (each) => each.startMs >= settledFromMs && (!before || newestFirst(before, each) < 0),
    )
    if (isAll || page.length >= limit) return page.sort(newestFirst).slice(0, limit)
  }
  return []
}

/**
 * From when on nothing changes any more. What starts on the oldest day read may begin on the day before
 * it; and what lies beside a tombstone that does, may belong to a deleted conversation.
 */
function settledFrom(facts: TimelineFacts, oldestDay: string): number {
  const wholeFromMs = dayStartMs(oldestDay) + DAY_MS
  if (facts.tombstones.length === 0) return wholeFromMs
  const open = neighbours(facts).filter(({ startMs }) => startMs < wholeFromMs)
  return Math.max(wholeFromMs, ...open.map(({ endMs }) => endMs + 1))
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
