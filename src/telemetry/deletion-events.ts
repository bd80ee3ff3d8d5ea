import type { UidHash } from '../kernel/index.ts'
import { type EventSink, record } from './record.ts'

export function createDeletionEvents(sink: EventSink) {
  return {
    /** All of it is gone; a repetition says so again. */
    conversationDeleted(facts: { readonly uidHash: UidHash; readonly segments: number }) {
      record(sink, {
        name: 'conversation_deleted',
        message: 'Conversation deleted',
        facts,
        labels: {},
      })
    },
  }
}
