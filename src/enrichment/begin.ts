import {
  type ConversationId,
  conversationIdSchema,
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
 */
export async function beginSecondStage(deps: EnrichmentDeps, jobId: JobId): Promise<void> {
  const record = await deps.jobs.read(jobId)
  if (!record || !isTerminal(record.status) || !('outcome' in record)) return
  if (record.enrichment === 'none' || record.settled) return
  const { outcome, uidHash, lane } = record
  const ids = [...outcome.newMemories, ...outcome.updatedMemories].map((id) =>
    conversationIdSchema.parse(id),
  )
  // All of them first: one that is done at once must not pass for the whole job.
  await deps.jobs.noteEnrichment(jobId, new Map(ids.map((id) => [id, { state: 'pending' }])))
  const ended = new Map<ConversationId, EnrichmentNote>()
  for (const conversationId of ids) {
    const listeners = [{ jobId, conversationId }]
    const asked = { uidHash, conversationId, lane, listeners }
    const note = noteOf(await announceConversation(deps, asked))
    if (note.state !== 'pending' && note.state !== 'running') ended.set(conversationId, note)
  }
  if (ended.size > 0) await deps.jobs.noteEnrichment(jobId, ended)
}
