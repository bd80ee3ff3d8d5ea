import {
  bearsId,
  type ConversationId,
  type ConversationOutline,
  dayOfConversation,
  deletedBeside,
  inParallel,
  liveConversations,
  objectNames,
  type SegmentId,
  segmentIdSchema,
  supersededAmong,
  type TimelineFacts,
  type TimelineMember,
  type Transcript,
  transcriptSchema,
  type UidHash,
} from '../../kernel/index.ts'
import type { ConversationStore, ObjectStore } from '../../ports/index.ts'
import { factsOf, homeDayOf, loadDay } from './day-document.ts'
import { createDayWriter, type DayWriterDeps } from './day-writer.ts'
import { listConversations } from './list-conversations.ts'
import { parseObject } from './parse-object.ts'
import { type LoadFacts, loadStretch, unite } from './stretch.ts'

/** Objects read or written at once for one question. */
const PARALLEL_OBJECTS = 8

export interface TimelineStoreOptions extends DayWriterDeps {
  readonly objects: ObjectStore
}

export function createTimelineStore(options: TimelineStoreOptions): ConversationStore {
  const { objects } = options
  const writer = createDayWriter(options)
  const loaderFor =
    (uidHash: UidHash): LoadFacts =>
    async (day) =>
      factsOf((await loadDay(objects, uidHash, day)).document)

  /** Writes the facts, each into its home day. @returns what is deleted of them and beside them */
  async function write(uidHash: UidHash, given: TimelineFacts): Promise<readonly SegmentId[]> {
    const days = new Set([...given.members, ...given.tombstones].map(homeDayOf))
    const written = await inParallel([...days], PARALLEL_OBJECTS, async (day) => {
      const isHere = (member: TimelineMember) => homeDayOf(member) === day
      const own = {
        members: given.members.filter(isHere),
        tombstones: given.tombstones.filter(isHere),
      }
      return [day, factsOf(await writer.write(uidHash, day, own))] as const
    })
    const known = new Map(written)
    const load = loaderFor(uidHash)
    const ids = new Set([...given.members, ...given.tombstones].map((each) => each.segmentId))
    const { facts } = await loadStretch(
      async (day) => known.get(day) ?? load(day),
      days,
      holds((member) => ids.has(member.segmentId)),
    )
    return deletedBeside(facts, ids)
  }

  /** What an id leads to: a conversation, or the place where one was. */
  async function follow(uidHash: UidHash, id: ConversationId): Promise<Trace> {
    const atHome = await look(loaderFor(uidHash), dayOfConversation(id), id)
    if (atHome.live || atHome.wasThere) return atHome
    // The segment of this seed may have been sent elsewhere by name: its transcript says where.
    const transcript = await readTranscript(objects, uidHash, segmentOf(id))
    const target = transcript?.place.target
    return target ? look(loaderFor(uidHash), dayOfConversation(target), id) : atHome
  }

  return {
    land: (uidHash, members) => write(uidHash, { members, tombstones: [] }),
    isSuperseded: async (uidHash, member) => {
      const load = loaderFor(uidHash)
      const home = homeDayOf(member)
      const { facts } = await loadStretch(
        async (day) => unite([await load(day), ...(day === home ? [alone(member)] : [])]),
        [home],
        holds(({ segmentId }) => segmentId === member.segmentId),
      )
      return supersededAmong(facts).has(member.segmentId)
    },
    bury: (uidHash, { members, deletedAt }) => {
      const tombstones = members.map((member) => ({ ...member, deletedAt }))
      return write(uidHash, { members: [], tombstones })
    },
    find: async (uidHash, id) => (await follow(uidHash, id)).live,
    wasDeleted: async (uidHash, id) => {
      const { live, wasThere } = await follow(uidHash, id)
      return wasThere && live === undefined
    },
    list: (uidHash, page) => listConversations(objects, loaderFor(uidHash), uidHash, page),
    transcriptsOf: async (uidHash, { members }) => {
      const read = (member: TimelineMember) => readTranscript(objects, uidHash, member.segmentId)
      const found = await inParallel(members, PARALLEL_OBJECTS, read)
      return found.filter((transcript) => transcript !== undefined)
    },
  }
}

interface Trace {
  readonly live: ConversationOutline | undefined
  /** A segment, deleted or not, bears the id. */
  readonly wasThere: boolean
}

async function look(load: LoadFacts, day: string, id: ConversationId): Promise<Trace> {
  const isWanted = (group: ConversationOutline) => bearsId(group, id)
  const { facts, groups } = await loadStretch(load, [day], isWanted)
  return { live: liveConversations(facts).find(isWanted), wasThere: groups.length > 0 }
}

function alone(member: TimelineMember): TimelineFacts {
  return { members: [member], tombstones: [] }
}

function holds(isWanted: (member: TimelineMember) => boolean) {
  return ({ members }: ConversationOutline) => members.some(isWanted)
}

async function readTranscript(
  objects: Pick<ObjectStore, 'read'>,
  uidHash: UidHash,
  segmentId: SegmentId,
): Promise<Transcript | undefined> {
  const name = objectNames.transcript(uidHash, segmentId)
  const stored = await objects.read(name)
  return stored && parseObject(name, stored.bytes, transcriptSchema)
}

function segmentOf(id: ConversationId): SegmentId {
  return segmentIdSchema.parse(id.slice('YYYYMMDD-'.length))
}
