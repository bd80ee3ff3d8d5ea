import type { Archive } from '../durable/index.ts'
import {
  type ConversationOutline,
  conversationIdSchema,
  type EnrichmentNote,
  type EnrichmentObject,
  type EnrichmentStanding,
  foldEnrichment,
  inParallel,
  type Outcome,
  revisionOf,
  type UidHash,
} from '../kernel/index.ts'
import type { ConversationStore } from '../ports/index.ts'

export interface SummaryDeps {
  readonly archive: Pick<Archive, 'readEnrichment'>
  /** Whether summaries are made at all. */
  readonly enriches: boolean
}

/** `none`: too little was said to sum up, or nothing is summed up here. */
export interface PublicSummary {
  readonly enrichment: EnrichmentStanding['enrichment']
  readonly enrichment_reason_code?: string
  readonly title?: string
  readonly overview?: string
  readonly category?: string
  readonly action_items?: readonly { readonly description: string }[]
}

/** Conversations of one job looked at at once. */
const PARALLEL_CONVERSATIONS = 4

/** What the present revision has; what was made of an earlier one is not shown. */
export async function projectSummary(
  deps: SummaryDeps,
  uidHash: UidHash,
  outline: ConversationOutline,
): Promise<PublicSummary> {
  const object = await summaryOf(deps, uidHash, outline)
  if (object?.verdict === 'done') {
    const { title, overview, category, actionItems } = object.summary
    const action_items = actionItems.map((description) => ({ description }))
    return { enrichment: 'done', title, overview, category, action_items }
  }
  const { enrichment, enrichmentReasonCode } = foldEnrichment([noteOf(deps, object)])
  return {
    enrichment,
    ...(enrichmentReasonCode ? { enrichment_reason_code: enrichmentReasonCode } : {}),
  }
}

/** How the summary stands, and nothing of what it says. */
export function withoutWords({
  enrichment,
  enrichment_reason_code,
}: PublicSummary): Pick<PublicSummary, 'enrichment' | 'enrichment_reason_code'> {
  return { enrichment, ...(enrichment_reason_code ? { enrichment_reason_code } : {}) }
}

export interface StandingDeps extends Omit<SummaryDeps, 'enriches'> {
  readonly conversations: Pick<ConversationStore, 'find'>
}

/** How a job's summaries stand by what is durable alone, for a job whose record is gone. */
export async function standingOf(
  deps: StandingDeps,
  uidHash: UidHash,
  outcome: Outcome,
): Promise<EnrichmentStanding> {
  const ids = [...outcome.newMemories, ...outcome.updatedMemories]
  const notes = await inParallel(ids, PARALLEL_CONVERSATIONS, async (id) => {
    const found = await deps.conversations.find(uidHash, conversationIdSchema.parse(id))
    const skipped: EnrichmentNote = { state: 'skipped' }
    return found ? noteOf({ enriches: true }, await summaryOf(deps, uidHash, found)) : skipped
  })
  return foldEnrichment(notes)
}

function summaryOf(
  deps: Pick<SummaryDeps, 'archive'>,
  uidHash: UidHash,
  outline: ConversationOutline,
) {
  const { id: conversationId } = outline
  return deps.archive.readEnrichment({ uidHash, conversationId, revision: revisionOf(outline) })
}

function noteOf(
  { enriches }: Pick<SummaryDeps, 'enriches'>,
  object: EnrichmentObject | undefined,
): EnrichmentNote {
  if (!object) return { state: enriches ? 'pending' : 'skipped' }
  return object.verdict === 'failed'
    ? { state: 'failed', reasonCode: object.reasonCode }
    : { state: object.verdict }
}
