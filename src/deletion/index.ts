/**
 * Deletion: a conversation goes because its user says so. What was begun is finished by whoever comes
 * by; what belongs to it and lands later is taken along by the timeline itself.
 */
export { type DeletionDeps, deleteConversation } from './delete-conversation.ts'
export { type DeletionCounts, sweepDeletions } from './sweep-deletions.ts'
