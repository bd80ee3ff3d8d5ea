import type { ConversationId, EnrichmentNote, JobId } from '../kernel/index.ts'
import type { EnrichmentListener, EnrichmentRecord } from '../ports/index.ts'
import { announceConversation, noteOf } from './announce.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'

type Ended = Extract<EnrichmentRecord, { status: 'ended' }>

/**
 * Tells every listener what became of ended work, then forgets it. Work that was superseded hands its
 * listeners to the conversation's present revision first. Safe to repeat by anyone, from any point.
 */
export async function settleWork(deps: EnrichmentDeps, record: Ended): Promise<void> {
  const { uidHash, conversationId, lane, listeners, end } = record
  const note: EnrichmentNote =
    end.verdict === 'superseded'
      ? noteOf(await announceConversation(deps, { uidHash, conversationId, lane, listeners }))
      : { state: end.verdict, ...(end.reasonCode ? { reasonCode: end.reasonCode } : {}) }
  await tellListeners(deps, listeners, note)
  await deps.store.settle(record.id)
}

/** The same note to every job that shows this work. */
export async function tellListeners(
  deps: Pick<EnrichmentDeps, 'jobs'>,
  listeners: readonly EnrichmentListener[],
  note: EnrichmentNote,
): Promise<void> {
  const byJob = Map.groupBy(listeners, (listener) => listener.jobId)
  for (const [jobId, own] of byJob) await deps.jobs.noteEnrichment(jobId, notesOf(own, note))
}

function notesOf(
  listeners: readonly (EnrichmentListener & { readonly jobId: JobId })[],
  note: EnrichmentNote,
): ReadonlyMap<ConversationId, EnrichmentNote> {
  return new Map(listeners.map(({ conversationId }) => [conversationId, note]))
}
