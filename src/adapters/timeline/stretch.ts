import {
  CONVERSATION_GAP_MS,
  type ConversationOutline,
  HOUR_MS,
  inParallel,
  neighbours,
  type TimelineFacts,
  utcDay,
} from '../../kernel/index.ts'

export type LoadFacts = (day: string) => Promise<TimelineFacts>

/** Days read at once. */
const PARALLEL_DAYS = 8
/** No segment is longer than the longest file, 3,600 s. Lower overlooks one that reaches over midnight. */
const LONGEST_SEGMENT_MS = HOUR_MS

/**
 * What must be known to say what the wanted segments belong to: from their days outwards, for as long as
 * a day that is not read may hold a neighbour of theirs. Tombstones count as neighbours here: whether one
 * takes part is for the kernel to say.
 * @param days to begin with
 * @param isWanted picks groups of neighbours, deleted ones included
 */
export async function loadStretch(
  load: LoadFacts,
  days: Iterable<string>,
  isWanted: (group: ConversationOutline) => boolean,
): Promise<{ readonly facts: TimelineFacts; readonly groups: readonly ConversationOutline[] }> {
  const byDay = new Map<string, TimelineFacts>()
  for (let wanted = [...days]; ; ) {
    const loaded = await inParallel(wanted, PARALLEL_DAYS, async (day) => ({
      day,
      facts: await load(day),
    }))
    for (const { day, facts } of loaded) byDay.set(day, facts)
    const facts = unite(byDay.values())
    const groups = neighbours(facts).filter(isWanted)
    wanted = [...new Set(groups.flatMap(daysOf))].filter((day) => !byDay.has(day))
    if (wanted.length === 0) return { facts, groups }
  }
}

export function unite(all: Iterable<TimelineFacts>): TimelineFacts {
  const each = [...all]
  return {
    members: each.flatMap(({ members }) => members),
    tombstones: each.flatMap(({ tombstones }) => tombstones),
  }
}

/** The days whose documents may hold a neighbour: what was sent by name has none of its own. */
function daysOf({ members }: ConversationOutline): string[] {
  const spoken = members.filter(({ target }) => target === undefined)
  if (spoken.length === 0) return []
  const startMs = Math.min(...spoken.map((each) => each.startMs))
  const endMs = Math.max(...spoken.map((each) => each.endMs))
  return [
    utcDay(startMs - CONVERSATION_GAP_MS - LONGEST_SEGMENT_MS),
    utcDay(endMs + CONVERSATION_GAP_MS),
  ]
}
