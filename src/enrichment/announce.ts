import {
  type ConversationId,
  type ConversationOutline,
  type EnrichmentNote,
  type EnrichmentObject,
  type EnrichmentSubject,
  type Lane,
  objectNames,
  revisionOf,
  type UidHash,
  utcDay,
} from '../kernel/index.ts'
import type { EnrichmentListener, EnrichmentRecord } from '../ports/index.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'
import { enqueueWork } from './ensure-task.ts'

const EMPTY_OBJECT = Buffer.from('{}')

export interface Announcement {
  readonly uidHash: UidHash
  /** Any seed of the conversation. */
  readonly conversationId: ConversationId
  readonly lane: Lane
  readonly listeners: readonly EnrichmentListener[]
}

/** What an announcement met; `gone`: there is no such conversation any more. */
export type Announced =
  | { readonly kind: 'gone' }
  | { readonly kind: 'known'; readonly object: EnrichmentObject }
  | { readonly kind: 'work'; readonly record: EnrichmentRecord }

/** Asks for the summary of a conversation as it is now. What exists already is not asked for again. */
export async function announceConversation(
  deps: EnrichmentDeps,
  asked: Announcement,
): Promise<Announced> {
  const outline = await deps.conversations.find(asked.uidHash, asked.conversationId)
  if (!outline) return { kind: 'gone' }
  return announceOutline(deps, outline, asked)
}

/** What a wiped store is to be told again is durable before the store knows it. */
async function announceOutline(
  deps: EnrichmentDeps,
  outline: ConversationOutline,
  asked: Omit<Announcement, 'conversationId'>,
): Promise<Announced> {
  const subject = subjectOf(asked.uidHash, outline)
  const object = await deps.archive.readEnrichment(subject)
  if (object) return { kind: 'known', object }
  const { lane, listeners } = asked
  const dueInMs = deps.probeAfterMs
  const name = objectNames.announced(utcDay(deps.clock.now()), asked.uidHash, outline.id)
  await deps.objects.create(name, EMPTY_OBJECT, { contentType: 'application/json' })
  const record = await deps.store.announce({ ...subject, lane, listeners, dueInMs })
  // A later generation has its own task already, or recovery sees to it.
  if (record.status === 'pending' && record.generation === 0) await enqueueWork(deps, record)
  return { kind: 'work', record }
}

export function subjectOf(uidHash: UidHash, outline: ConversationOutline): EnrichmentSubject {
  return { uidHash, conversationId: outline.id, revision: revisionOf(outline) }
}

/** How the conversation of an announcement stands for a job that listens. */
export function noteOf(announced: Announced): EnrichmentNote {
  switch (announced.kind) {
    case 'gone':
      return { state: 'skipped' }
    case 'known':
      return noteOfObject(announced.object)
    case 'work': {
      const { record } = announced
      if (record.status !== 'ended') return { state: record.status }
      const { verdict, reasonCode } = record.end
      // Its successor is announced by whoever settles it, for every listener it has.
      if (verdict === 'superseded') return { state: 'pending' }
      return { state: verdict, ...(reasonCode ? { reasonCode } : {}) }
    }
  }
}

export function noteOfObject(object: EnrichmentObject): EnrichmentNote {
  return object.verdict === 'failed'
    ? { state: 'failed', reasonCode: object.reasonCode }
    : { state: object.verdict }
}
