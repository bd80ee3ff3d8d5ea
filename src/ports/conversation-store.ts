import type {
  ConversationId,
  ConversationOutline,
  SegmentId,
  TimelineMember,
  Transcript,
  UidHash,
} from '../kernel/index.ts'

/**
 * The user's timeline. What is kept are facts about segments: members, and tombstones of those that
 * were deleted. Conversations are derived from them by the kernel (`liveConversations`), so there is
 * nothing to merge in two places. Every method throws `UnavailableError` when nothing is proven.
 *
 * To put another database behind it:
 *
 * 1. Two tables, or one with a flag: `(uid_hash, segment_id)` is the key, the other columns are those of
 *    `TimelineMember`; a tombstone is the same row with `deleted_at`. An index on `(uid_hash, start_ms)`.
 * 2. `land` inserts rows and leaves alone what is there, tombstones included. `bury` sets `deleted_at`
 *    where it is not set, inserting rows that are missing. Both are idempotent, and done when they return:
 *    what one process wrote the next one reads at once.
 * 3. Reads fetch a stretch of one user and let the kernel decide. The stretch is wide enough when no span
 *    outside it lies within `CONVERSATION_GAP_MS` of the conversation: widen until it is. Segments sent
 *    by name are fetched with their target: all rows whose `target` or `seed` is in what was fetched.
 *    Reading all of a user's rows is right as well, and what `adapters/memory/conversation-store.ts` does.
 * 4. Order, ids and what a deletion takes along come from the kernel alone. Never store a conversation,
 *    its id or its end: a segment that lands late may change all three.
 * 5. Texts are not yours: transcripts stay objects, and `transcriptsOf` reads them.
 *
 * Run `conversationStoreContract` of `test/conformance/conversation-store.contract.ts` over it, with one
 * subject that makes a new store over the same database for each `another()`. It is wired in `service.ts`.
 */
export interface ConversationStore {
  /**
   * Puts segments on the timeline. Idempotent by segment id: the first write of a segment decides,
   * later ones change nothing (I4). Returns once it is durable.
   * @returns segments that belong to a deleted conversation, so that their texts must be erased: of those
   *   given, and of those that the given ones have joined to one
   */
  land(uidHash: UidHash, members: readonly TimelineMember[]): Promise<readonly SegmentId[]>

  /** Whether a segment would belong to a deleted conversation if it landed now, or is deleted itself. */
  isSuperseded(uidHash: UidHash, member: TimelineMember): Promise<boolean>

  /**
   * Makes tombstones of segments, whether they have landed or not. From its first effect on the whole
   * conversation is gone from `find` and `list`, half done though it may be; doing it again finishes it.
   * A segment that is a tombstone stays the tombstone it is.
   * @returns every segment that is deleted with it, so that its text must be erased
   */
  bury(uidHash: UidHash, burial: Burial): Promise<readonly SegmentId[]>

  /** The conversation that a segment's seed (or any id it ever had) belongs to now. */
  find(uidHash: UidHash, id: ConversationId): Promise<ConversationOutline | undefined>

  /** Whether `id` is one of a conversation that the user deleted. */
  wasDeleted(uidHash: UidHash, id: ConversationId): Promise<boolean>

  /** Newest first, strictly before `before` (a conversation's start, epoch ms, and id). */
  list(
    uidHash: UidHash,
    options: { readonly before?: ListCursor; readonly limit: number },
  ): Promise<readonly ConversationOutline[]>

  /** The texts of a conversation's members, in its order; a member without one is left out. */
  transcriptsOf(uidHash: UidHash, outline: ConversationOutline): Promise<readonly Transcript[]>
}

/** One conversation as it was when it was deleted. */
export interface Burial {
  readonly members: readonly TimelineMember[]
  /** Epoch ms; names the deletion: what was accepted later is new. */
  readonly deletedAt: number
}

export interface ListCursor {
  readonly startMs: number
  readonly id: ConversationId
}
