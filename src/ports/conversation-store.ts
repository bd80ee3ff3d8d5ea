import type {
  ConversationId,
  ConversationOutline,
  TimelineMember,
  Transcript,
  UidHash,
} from '../kernel/index.ts'

/**
 * The user's timeline. What is kept are facts about segments; conversations are derived from them,
 * so there is nothing to merge in two places. Throws `UnavailableError` when nothing is proven.
 */
export interface ConversationStore {
  /**
   * Puts segments on the timeline. Idempotent by segment id: the first write of a segment decides,
   * later ones change nothing (I4). Returns once it is durable.
   */
  land(uidHash: UidHash, members: readonly TimelineMember[]): Promise<void>

  /** The conversation that a segment's seed (or any id it ever had) belongs to now. */
  find(uidHash: UidHash, id: ConversationId): Promise<ConversationOutline | undefined>

  /** Newest first, strictly before `before` (a conversation's start, epoch ms, and id). */
  list(
    uidHash: UidHash,
    options: { readonly before?: ListCursor; readonly limit: number },
  ): Promise<readonly ConversationOutline[]>

  /** The texts of a conversation's members, in its order; a member without one is left out. */
  transcriptsOf(uidHash: UidHash, outline: ConversationOutline): Promise<readonly Transcript[]>
}

export interface ListCursor {
  readonly startMs: number
  readonly id: ConversationId
}
