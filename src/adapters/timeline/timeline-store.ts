import {
  type ConversationId,
  type ConversationOutline,
  dayOfConversation,
  inParallel,
  objectNames,
  type SegmentId,
  segmentIdSchema,
  type TimelineMember,
  type Transcript,
  transcriptSchema,
  type UidHash,
} from '../../kernel/index.ts'
import type { ConversationStore, ObjectStore } from '../../ports/index.ts'
import { homeDayOf, loadDay } from './day-document.ts'
import { createDayWriter, type DayWriterDeps } from './day-writer.ts'
import { deriveWhole } from './derive-whole.ts'
import { listConversations } from './list-conversations.ts'
import { parseObject } from './parse-object.ts'

/** Objects read or written at once for one question. */
const PARALLEL_OBJECTS = 8

export interface TimelineStoreOptions extends DayWriterDeps {
  readonly objects: ObjectStore
}

export function createTimelineStore(options: TimelineStoreOptions): ConversationStore {
  const { objects } = options
  const writer = createDayWriter(options)
  const loaderFor = (uidHash: UidHash) => async (day: string) => {
    const { document } = await loadDay(objects, uidHash, day)
    return [...document.members.values()]
  }

  return {
    land: async (uidHash, members) => {
      const days = [...Map.groupBy(members, homeDayOf)]
      await inParallel(days, PARALLEL_OBJECTS, ([day, own]) => writer.write(uidHash, day, own))
    },
    find: async (uidHash, id) => {
      const load = loaderFor(uidHash)
      const atHome = await deriveWhole(load, dayOfConversation(id), bears(id))
      if (atHome) return atHome
      // The segment of this seed may have been sent elsewhere by name: its transcript says where.
      const transcript = await readTranscript(objects, uidHash, segmentOf(id))
      const target = transcript?.place.target
      return target && deriveWhole(load, dayOfConversation(target), bears(id))
    },
    list: (uidHash, page) => listConversations(objects, loaderFor(uidHash), uidHash, page),
    transcriptsOf: async (uidHash, { members }) => {
      const read = (member: TimelineMember) => readTranscript(objects, uidHash, member.segmentId)
      const found = await inParallel(members, PARALLEL_OBJECTS, read)
      return found.filter((transcript) => transcript !== undefined)
    },
  }
}

/** Whether a conversation has, or ever had, this id: any seed in it, or where its members were sent. */
function bears(id: ConversationId): (conversation: ConversationOutline) => boolean {
  return ({ members }) => members.some((member) => member.seed === id || member.target === id)
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
