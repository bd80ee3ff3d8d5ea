import type { OwedSummaries } from '../jobs/index.ts'
import {
  type ConversationId,
  conversationsOf,
  type EnrichmentNote,
  isTerminal,
  type JobId,
} from '../kernel/index.ts'
import { announceConversation, noteOf } from './announce.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'

/**
 * The second stage of an ended job: every conversation it landed in is announced, and the job listens.
 * Called before the job leaves the due index, so that a crash anywhere in it is met again; safe to
 * repeat. A job that owes nothing is left alone.
 * @param owed by the job that was just ended; its record is read unless given
 */
export async function beginSecondStage(
  deps: EnrichmentDeps,
  jobId: JobId,
  owed?: OwedSummaries,
): Promise<void> {
  const known = owed ?? (await owedBy(deps, jobId))
  if (!known) return
  const { uidHash, lane, outcome } = known
  const ended = new Map<ConversationId, EnrichmentNote>()
  for (const conversationId of conversationsOf(outcome)) {
    const listeners = [{ jobId, conversationId }]
    const asked = { uidHash, conversationId, lane, listeners }
    const note = noteOf(await announceConversation(deps, asked))
    if (note.state !== 'pending' && note.state !== 'running') ended.set(conversationId, note)
  }
  if (ended.size > 0) await deps.jobs.noteEnrichment(jobId, ended)
}

async function owedBy(deps: EnrichmentDeps, jobId: JobId): Promise<OwedSummaries | undefined> {
  const record = await deps.jobs.read(jobId)
  if (!record || !isTerminal(record.status) || !('outcome' in record)) return undefined
  if (record.enrichment === 'none' || record.settled) return undefined
  const pending = conversationsOf(record.outcome).map((id) => [id, { state: 'pending' }] as const)
  // Whoever ended it may not have noted them: one that is done at once must not pass for the whole job.
  await deps.jobs.noteEnrichment(jobId, new Map(pending))
  return record
}
