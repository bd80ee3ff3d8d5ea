import {
  bearsId,
  type ConversationId,
  deletedBeside,
  liveConversations,
  neighbours,
  type SegmentId,
  supersededAmong,
  type TimelineFacts,
  type TimelineMember,
  type Tombstone,
  type Transcript,
  type UidHash,
} from '../../kernel/index.ts'
import type { ConversationStore, ListCursor } from '../../ports/index.ts'

/** What a table of rows would hold; several stores may share one. */
export interface TimelineRows {
  readonly byUser: Map<UidHash, Map<SegmentId, Row>>
}

type Row = TimelineMember | Tombstone

export function createTimelineRows(): TimelineRows {
  return { byUser: new Map() }
}

/** A conversation store over rows: what any database does that can insert once and read its own writes. */
export function createMemoryConversationStore(deps: {
  readonly rows: TimelineRows
  readonly readTranscript: (uidHash: UidHash, id: SegmentId) => Promise<Transcript | undefined>
}): ConversationStore {
  const rowsOf = (uidHash: UidHash) => {
    const rows = deps.rows.byUser.get(uidHash) ?? new Map<SegmentId, Row>()
    deps.rows.byUser.set(uidHash, rows)
    return rows
  }
  const factsOf = (uidHash: UidHash): TimelineFacts => {
    const all = [...rowsOf(uidHash).values()]
    return { members: all.filter((row) => !isTombstone(row)), tombstones: all.filter(isTombstone) }
  }
  const live = (uidHash: UidHash) => liveConversations(factsOf(uidHash))
  const findLive = (uidHash: UidHash, id: ConversationId) =>
    live(uidHash).find((each) => bearsId(each, id))

  return {
    land: async (uidHash, members) => {
      const rows = rowsOf(uidHash)
      for (const member of members) {
        if (!rows.has(member.segmentId)) rows.set(member.segmentId, member)
      }
      return deletedBeside(factsOf(uidHash), idsOf(members))
    },
    isSuperseded: async (uidHash, member) => {
      const { members, tombstones } = factsOf(uidHash)
      const dead = supersededAmong({ members: [...members, member], tombstones })
      return dead.has(member.segmentId)
    },
    bury: async (uidHash, { members, deletedAt }) => {
      const rows = rowsOf(uidHash)
      for (const member of members) {
        const row = rows.get(member.segmentId) ?? member
        if (!isTombstone(row)) rows.set(member.segmentId, { ...row, deletedAt })
      }
      return deletedBeside(factsOf(uidHash), idsOf(members))
    },
    find: async (uidHash, id) => findLive(uidHash, id),
    wasDeleted: async (uidHash, id) => {
      const wasThere = neighbours(factsOf(uidHash)).some((each) => bearsId(each, id))
      return wasThere && findLive(uidHash, id) === undefined
    },
    list: async (uidHash, { before, limit }) =>
      live(uidHash)
        .filter((each) => !before || newestFirst(before, each) < 0)
        .sort(newestFirst)
        .slice(0, limit),
    transcriptsOf: async (uidHash, outline) => {
      const ids = [...idsOf(outline.members)]
      const found = await Promise.all(ids.map((id) => deps.readTranscript(uidHash, id)))
      return found.filter((transcript) => transcript !== undefined)
    },
  }
}

function isTombstone(row: Row): row is Tombstone {
  return 'deletedAt' in row
}

function idsOf(members: readonly TimelineMember[]): ReadonlySet<SegmentId> {
  return new Set(members.map(({ segmentId }) => segmentId))
}

function newestFirst(a: ListCursor, b: ListCursor): number {
  return b.startMs - a.startMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
}
