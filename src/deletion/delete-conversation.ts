import type { Archive } from '../durable/index.ts'
import {
  type ConversationId,
  type ConversationOutline,
  type Deletion,
  revisionOf,
  SCHEMA_VERSION,
  type UidHash,
} from '../kernel/index.ts'
import type { Clock, ConversationStore } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

export interface DeletionDeps {
  readonly conversations: Pick<ConversationStore, 'find' | 'bury' | 'wasDeleted'>
  readonly archive: Pick<
    Archive,
    | 'createDeletion'
    | 'openDeletions'
    | 'readDeletion'
    | 'settleDeletion'
    | 'blankTranscripts'
    | 'deleteEnrichments'
  >
  readonly clock: Clock
  readonly events: Events
}

/**
 * Deletes a conversation: its intent, then the tombstones, then the words, then the summaries; last the
 * intent. From the first tombstone on nobody finds any of it. A crash anywhere leaves the intent, and
 * the same call again, or recovery, does all of it over.
 * @param id any the conversation ever had
 * @returns `unknown` when the user has none of that id and never had; `deleted` also for a repetition
 */
export async function deleteConversation(
  deps: DeletionDeps,
  uidHash: UidHash,
  id: ConversationId,
): Promise<'deleted' | 'unknown'> {
  const found = await deps.conversations.find(uidHash, id)
  if (found) {
    const { value } = await deps.archive.createDeletion(intentOf(deps, uidHash, found))
    await finishDeletion(deps, value)
    return 'deleted'
  }
  if (!(await deps.conversations.wasDeleted(uidHash, id))) return 'unknown'
  for await (const name of deps.archive.openDeletions(uidHash)) await finishNamed(deps, name)
  return 'deleted'
}

/** The same from the name of its intent; nothing when it has been settled meanwhile. */
export async function finishNamed(deps: DeletionDeps, name: string): Promise<void> {
  const deletion = await deps.archive.readDeletion(name)
  if (deletion) await finishDeletion(deps, deletion)
}

function intentOf(
  { clock }: Pick<DeletionDeps, 'clock'>,
  uidHash: UidHash,
  conversation: ConversationOutline,
): Deletion {
  const { id: conversationId, members } = conversation
  // Not before what it takes along, however the clocks of two machines differ.
  const lastMs = Math.max(...members.map(({ acceptedAt, landedAt }) => acceptedAt ?? landedAt))
  return {
    schemaVersion: SCHEMA_VERSION,
    uidHash,
    conversationId,
    revision: revisionOf(conversation),
    deletedAt: Math.max(clock.now(), lastMs),
    members: [...members],
  }
}

/** Every step of a deletion whose intent stands; each changes nothing when it was done before. */
async function finishDeletion(deps: DeletionDeps, deletion: Deletion): Promise<void> {
  const { uidHash, members, deletedAt } = deletion
  const segmentIds = await deps.conversations.bury(uidHash, { members, deletedAt })
  await deps.archive.blankTranscripts(uidHash, { segmentIds, erasedAt: deps.clock.now() })
  const ids = new Set([
    deletion.conversationId,
    ...members.flatMap(({ seed, target }) => [seed, ...(target ? [target] : [])]),
  ])
  await deps.archive.deleteEnrichments(uidHash, ids)
  await deps.archive.settleDeletion(deletion)
  deps.events.conversationDeleted({ uidHash, segments: segmentIds.length })
}
