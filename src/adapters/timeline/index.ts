/**
 * The user's timeline as a `ConversationStore`, over any `ObjectStore` with compare-and-swap.
 *
 * What is authoritative: one document per user and UTC day, holding facts about segments and nothing
 * else, changed only by compare-and-swap. A segment lives in the document of its home day, which its own
 * stored place names, so that every redo finds it there (I4). Conversations are derived at every read,
 * over as many neighbouring days as they span: there is nothing to merge, to redirect or to keep in
 * step, and a conversation across midnight is whole as soon as its days are (F67).
 *
 * A writer that dies has written its segments or has not; the next attempt writes them again and
 * changes nothing. Writers that meet on a document lose a round and read again. A document that does
 * not read as one is reported, never passed over: skipping it would hide what landed there.
 */
export { createTimelineStore, type TimelineStoreOptions } from './timeline-store.ts'
