import * as z from 'zod'
import {
  type ConversationId,
  conversationIdSchema,
  type SegmentId,
  segmentIdSchema,
} from './ids.ts'
import { partitionSchema, type Transcript } from './objects.ts'
import { MINUTE_MS, utcDay } from './time.ts'

/** Silence of this length or more ends a conversation. */
export const CONVERSATION_GAP_MS = 2 * MINUTE_MS

/** One landed segment as a timeline knows it: when and where, never what was said. */
export const timelineMemberSchema = z.object({
  segmentId: segmentIdSchema,
  startMs: z.number(),
  endMs: z.number(),
  partition: partitionSchema,
  target: conversationIdSchema.optional(),
  seed: conversationIdSchema,
  landedAt: z.number(),
  /** When its upload was accepted; a document of an earlier revision does not say. */
  acceptedAt: z.number().optional(),
})
export type TimelineMember = z.infer<typeof timelineMemberSchema>

export interface ConversationOutline {
  readonly id: ConversationId
  readonly startMs: number
  readonly endMs: number
  /** By start, ties by id. */
  readonly members: readonly TimelineMember[]
}

export function seedOf(segmentId: SegmentId, startMs: number): ConversationId {
  return conversationIdSchema.parse(`${utcDay(startMs)}-${segmentId}`)
}

export function dayOfConversation(id: ConversationId): string {
  return id.slice(0, 8)
}

/** Where a transcript stands on the timeline: its own place, never the job's. */
export function memberOf(transcript: Transcript): TimelineMember {
  const { segmentId, startMs, endMs, landedAt, acceptedAt, place } = transcript
  return {
    segmentId,
    startMs,
    endMs,
    landedAt,
    acceptedAt,
    partition: place.partition,
    seed: place.seed,
    ...(place.target ? { target: place.target } : {}),
  }
}

/** Whether a conversation has, or ever had, this id: any seed in it, or where its members were sent. */
export function bearsId({ members }: ConversationOutline, id: ConversationId): boolean {
  return members.some((member) => member.seed === id || member.target === id)
}

/**
 * Which segments form one conversation: spans of one partition whose silent gap stays below
 * CONVERSATION_GAP_MS, plus those sent to it by name. Pure, and the same for every order of arrival.
 * What users see leaves out what they deleted: `liveConversations`.
 * @returns conversations by start time
 */
export function assignConversations(members: Iterable<TimelineMember>): ConversationOutline[] {
  const sorted = [...members].sort(byTime)
  const groups = groupByGap(sorted.filter((m) => m.target === undefined))
  const groupOfSeed = new Map(groups.flatMap((g) => g.map((m) => [m.seed, g] as const)))
  const unplaced = new Map<ConversationId, TimelineMember[]>()
  for (const member of sorted) {
    if (member.target === undefined) continue
    const home = groupOfSeed.get(member.target) ?? unplaced.get(member.target)
    if (home) home.push(member)
    else unplaced.set(member.target, [member])
  }
  return [...groups, ...unplaced.values()]
    .map((group) => outline(group.sort(byTime)))
    .sort((a, b) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1))
}

type Spoken = Pick<TimelineMember, 'startMs' | 'endMs' | 'partition'>

/** @param sorted by start */
export function groupByGap<T extends Spoken>(sorted: readonly T[]): T[][] {
  const groups: T[][] = []
  const open = new Map<string, { group: T[]; endMs: number }>()
  for (const member of sorted) {
    const { source, device, locked } = member.partition
    const key = JSON.stringify([source, device, locked])
    const last = open.get(key)
    if (last && member.startMs - last.endMs < CONVERSATION_GAP_MS) {
      last.group.push(member)
      last.endMs = Math.max(last.endMs, member.endMs)
    } else {
      const group = [member]
      groups.push(group)
      open.set(key, { group, endMs: member.endMs })
    }
  }
  return groups
}

/** Named after its first-landed member, so that the id stands while members keep arriving. */
function outline(members: readonly TimelineMember[]): ConversationOutline {
  const first = members.reduce((a, b) =>
    b.landedAt < a.landedAt || (b.landedAt === a.landedAt && b.segmentId < a.segmentId) ? b : a,
  )
  return {
    id: first.target ?? first.seed,
    startMs: Math.min(...members.map((m) => m.startMs)),
    endMs: Math.max(...members.map((m) => m.endMs)),
    members,
  }
}

export function byTime(a: TimelineMember, b: TimelineMember): number {
  return (
    a.startMs - b.startMs || (a.segmentId < b.segmentId ? -1 : a.segmentId > b.segmentId ? 1 : 0)
  )
}
