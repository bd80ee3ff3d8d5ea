import {
  assignConversations,
  type ConversationOutline,
  DAY_MS,
  dayStartMs,
  type TimelineMember,
  utcDay,
} from '../../kernel/index.ts'
import { homeDayOf } from './day-document.ts'

export type LoadMembers = (day: string) => Promise<readonly TimelineMember[]>

/**
 * The conversation that `isWanted` picks, whole: from its day outwards, one more day on each side for as
 * long as the outermost day still takes part in it.
 * @param day where the wanted conversation has a member, if it exists
 */
export async function deriveWhole(
  load: LoadMembers,
  day: string,
  isWanted: (conversation: ConversationOutline) => boolean,
): Promise<ConversationOutline | undefined> {
  if (Number.isNaN(dayStartMs(day))) return undefined
  const byDay = new Map<string, readonly TimelineMember[]>()
  let wanted = [daysFrom(day, -1), day, daysFrom(day, 1)]
  for (;;) {
    const loaded = await Promise.all(wanted.map(async (each) => [each, await load(each)] as const))
    for (const [each, members] of loaded) byDay.set(each, members)
    const found = assignConversations([...byDay.values()].flat()).find(isWanted)
    if (!found) return undefined
    const days = new Set(found.members.map(homeDayOf))
    wanted = [...days]
      .flatMap((each) => [daysFrom(each, -1), daysFrom(each, 1)])
      .filter((each) => !byDay.has(each))
    if (wanted.length === 0) return found
  }
}

function daysFrom(day: string, count: number): string {
  return utcDay(dayStartMs(day) + count * DAY_MS)
}
