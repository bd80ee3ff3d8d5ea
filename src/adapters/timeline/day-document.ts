import * as z from 'zod'
import {
  dayOfConversation,
  MalformedRecordError,
  objectNames,
  SCHEMA_VERSION,
  type SegmentId,
  segmentIdSchema,
  type TimelineMember,
  timelineMemberSchema,
  type UidHash,
} from '../../kernel/index.ts'
import type { ObjectStore } from '../../ports/index.ts'
import { parseObject } from './parse-object.ts'

/** What a newer revision has put in besides is kept through a write of ours. */
const envelopeSchema = z.looseObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  day: z.string(),
  members: z.record(z.string(), z.unknown()),
  tombstones: z.record(z.string(), z.unknown()),
})
const membersSchema = z.object({ members: z.record(segmentIdSchema, timelineMemberSchema) })

export interface DayDocument {
  readonly envelope: z.output<typeof envelopeSchema>
  readonly members: ReadonlyMap<SegmentId, TimelineMember>
}

export interface StoredDay {
  readonly document: DayDocument
  /** `0` when there is no object yet. */
  readonly generation: string
}

/** The day whose document holds a segment: its target's, when it was sent to a conversation. */
export function homeDayOf(member: TimelineMember): string {
  return dayOfConversation(member.target ?? member.seed)
}

/** @throws MalformedRecordError */
export async function loadDay(
  objects: Pick<ObjectStore, 'read'>,
  uidHash: UidHash,
  day: string,
): Promise<StoredDay> {
  const name = objectNames.timeline(uidHash, day)
  const stored = await objects.read(name)
  if (!stored) {
    const envelope = { schemaVersion: SCHEMA_VERSION, day, members: {}, tombstones: {} } as const
    return { document: { envelope, members: new Map() }, generation: '0' }
  }
  const envelope = parseObject(name, stored.bytes, envelopeSchema)
  const { members } = parseObject(name, stored.bytes, membersSchema)
  const byId = new Map(Object.values(members).map((member) => [member.segmentId, member]))
  const isAtHome = [...byId.values()].every((member) => homeDayOf(member) === day)
  const isKeyed = Object.keys(members).every((key) => byId.has(segmentIdSchema.parse(key)))
  if (envelope.day !== day || !isAtHome || !isKeyed) {
    throw new MalformedRecordError(`${name} holds what belongs elsewhere`)
  }
  return { document: { envelope, members: byId }, generation: stored.generation }
}

/** The document with these segments too; undefined when it has them all. Who is there first, stays. */
export function withMembers(
  document: DayDocument,
  given: Iterable<TimelineMember>,
): DayDocument | undefined {
  const members = new Map(document.members)
  const fresh: Record<string, TimelineMember> = {}
  for (const member of given) {
    if (members.has(member.segmentId)) continue
    members.set(member.segmentId, member)
    fresh[member.segmentId] = member
  }
  if (members.size === document.members.size) return undefined
  const { envelope } = document
  return { envelope: { ...envelope, members: { ...envelope.members, ...fresh } }, members }
}

export function serialize(document: DayDocument): Uint8Array {
  return Buffer.from(JSON.stringify(document.envelope))
}
