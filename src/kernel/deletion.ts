import * as z from 'zod'
import {
  assignConversations,
  byTime,
  type ConversationOutline,
  groupByGap,
  type TimelineMember,
  timelineMemberSchema,
} from './conversation.ts'
import { revisionSchema } from './enrichment.ts'
import { conversationIdSchema, type SegmentId, uidHashSchema } from './ids.ts'

/** A segment that the user deleted with its conversation. Its facts stay: they say what else belongs to it. */
export const tombstoneSchema = timelineMemberSchema.extend({ deletedAt: z.number() })
export type Tombstone = z.infer<typeof tombstoneSchema>

/** The user wants a conversation gone, as it was then. Written before anything else of it. */
export const deletionSchema = z.object({
  schemaVersion: z.literal(1),
  uidHash: uidHashSchema,
  conversationId: conversationIdSchema,
  revision: revisionSchema,
  deletedAt: z.number().nonnegative(),
  members: z.array(timelineMemberSchema).min(1),
})
export type Deletion = z.infer<typeof deletionSchema>

/** What is known of a stretch of a timeline. */
export interface TimelineFacts {
  readonly members: readonly TimelineMember[]
  readonly tombstones: readonly Tombstone[]
}

/** The conversations that users see, by start. What they deleted is in none, and joins none to another. */
export function liveConversations(facts: TimelineFacts): ConversationOutline[] {
  const superseded = supersededAmong(facts)
  return assignConversations(facts.members.filter(({ segmentId }) => !superseded.has(segmentId)))
}

/**
 * The members that belong to a deleted conversation, whenever they landed: those with a tombstone, those
 * sent to it by name, and those whose upload was accepted before the deletion and whose span joins it,
 * over others of the same kind too. What was recorded or uploaded later is new. Pure, and the same for
 * every order of arrival; more facts never make fewer.
 */
export function supersededAmong({ members, tombstones }: TimelineFacts): ReadonlySet<SegmentId> {
  if (tombstones.length === 0) return new Set()
  const dead = new Set<SegmentId>(tombstones.map(({ segmentId }) => segmentId))
  for (const deletedAt of new Set(tombstones.map((each) => each.deletedAt))) {
    for (const id of joining({ members, tombstones }, deletedAt)) dead.add(id)
  }
  const deadNames = new Set(
    [...tombstones, ...members.filter(({ segmentId }) => dead.has(segmentId))].flatMap(
      ({ seed, target }) => [seed, target],
    ),
  )
  for (const { segmentId, target } of members) {
    if (target !== undefined && deadNames.has(target)) dead.add(segmentId)
  }
  return new Set(members.map(({ segmentId }) => segmentId).filter((id) => dead.has(id)))
}

/** What one deletion takes with it by time. */
function joining({ members, tombstones }: TimelineFacts, deletedAt: number): SegmentId[] {
  const wasThere = ({ acceptedAt, landedAt, startMs }: TimelineMember) =>
    (acceptedAt ?? landedAt) <= deletedAt && startMs <= deletedAt
  const own = new Set(tombstones.filter((each) => each.deletedAt === deletedAt))
  const candidates = [...members, ...tombstones.filter((each) => !own.has(each))].filter(wasThere)
  const spans = [...own, ...candidates].filter(({ target }) => target === undefined).sort(byTime)
  const deleted: ReadonlySet<TimelineMember> = own
  return groupByGap(spans)
    .filter((group) => group.some((each) => deleted.has(each)))
    .flatMap((group) => group.map(({ segmentId }) => segmentId))
}

/** Everything as it would hang together had nothing been deleted. */
export function neighbours({ members, tombstones }: TimelineFacts): ConversationOutline[] {
  return assignConversations([...members, ...tombstones])
}

/** Of the given segments and their neighbours, those that belong to a deleted conversation; of tombstones only the given. */
export function deletedBeside(facts: TimelineFacts, given: ReadonlySet<SegmentId>): SegmentId[] {
  const near = new Set(
    neighbours(facts)
      .map(({ members }) => members.map(({ segmentId }) => segmentId))
      .filter((ids) => ids.some((id) => given.has(id)))
      .flat(),
  )
  return [
    ...facts.tombstones.map(({ segmentId }) => segmentId).filter((id) => given.has(id)),
    ...[...supersededAmong(facts)].filter((id) => near.has(id)),
  ]
}
