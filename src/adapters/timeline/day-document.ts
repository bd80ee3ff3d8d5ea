import * as z from 'zod'
import {
  dayOfConversation,
  MalformedRecordError,
  objectNames,
  SCHEMA_VERSION,
  type SegmentId,
  segmentIdSchema,
  type TimelineFacts,
  type TimelineMember,
  type Tombstone,
  timelineMemberSchema,
  tombstoneSchema,
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
const factsSchema = z.object({
  members: z.record(segmentIdSchema, timelineMemberSchema),
  tombstones: z.record(segmentIdSchema, tombstoneSchema),
})

export interface DayDocument {
  readonly envelope: z.output<typeof envelopeSchema>
  readonly members: ReadonlyMap<SegmentId, TimelineMember>
  readonly tombstones: ReadonlyMap<SegmentId, Tombstone>
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
    return { document: { envelope, members: new Map(), tombstones: new Map() }, generation: '0' }
  }
  const envelope = parseObject(name, stored.bytes, envelopeSchema)
  const facts = parseObject(name, stored.bytes, factsSchema)
  const members = byKey(name, day, facts.members)
  const tombstones = byKey(name, day, facts.tombstones)
  const isBoth = [...tombstones.keys()].some((id) => members.has(id))
  if (envelope.day !== day || isBoth) throw misplaced(name)
  return { document: { envelope, members, tombstones }, generation: stored.generation }
}

function byKey<T extends TimelineMember>(
  name: string,
  day: string,
  stored: Readonly<Record<string, T>>,
): ReadonlyMap<SegmentId, T> {
  const all = Object.entries(stored)
  const isAtHome = all.every(([key, own]) => key === own.segmentId && homeDayOf(own) === day)
  if (!isAtHome) throw misplaced(name)
  return new Map(all.map(([, own]) => [own.segmentId, own]))
}

function misplaced(name: string): MalformedRecordError {
  return new MalformedRecordError(`${name} holds what belongs elsewhere`)
}

export function factsOf({ members, tombstones }: DayDocument): TimelineFacts {
  return { members: [...members.values()], tombstones: [...tombstones.values()] }
}

/**
 * The document with these facts too; undefined when it has them all. Who is there first, stays: a segment
 * that landed may become a tombstone, and nothing becomes of a tombstone.
 */
export function withFacts(document: DayDocument, given: TimelineFacts): DayDocument | undefined {
  const members = new Map(document.members)
  const tombstones = new Map(document.tombstones)
  const own = { ...document.envelope.members }
  const buried = { ...document.envelope.tombstones }
  let isChanged = false
  for (const tombstone of given.tombstones) {
    const { segmentId } = tombstone
    if (tombstones.has(segmentId)) continue
    const { deletedAt } = tombstone
    const landed = members.get(segmentId)
    tombstones.set(segmentId, landed ? { ...landed, deletedAt } : tombstone)
    buried[segmentId] = landed ? { ...asRecord(own[segmentId]), deletedAt } : tombstone
    members.delete(segmentId)
    delete own[segmentId]
    isChanged = true
  }
  for (const member of given.members) {
    const { segmentId } = member
    if (members.has(segmentId) || tombstones.has(segmentId)) continue
    members.set(segmentId, member)
    own[segmentId] = member
    isChanged = true
  }
  if (!isChanged) return undefined
  const envelope = { ...document.envelope, members: own, tombstones: buried }
  return { envelope, members, tombstones }
}

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

export function serialize(document: DayDocument): Uint8Array {
  return Buffer.from(JSON.stringify(document.envelope))
}
