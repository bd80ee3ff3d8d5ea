import {
  type ConversationId,
  type ConversationOutline,
  conversationIdSchema,
  inParallel,
  type Transcript,
  toIso,
  type UidHash,
} from '../kernel/index.ts'
import type { ConversationStore, ListCursor } from '../ports/index.ts'
import { type PublicSummary, projectSummary, type SummaryDeps } from './summaries.ts'

/** Summaries of one page read at once. */
const PARALLEL_READS = 8

export interface ConversationDeps extends SummaryDeps {
  readonly conversations: ConversationStore
}

export interface PublicConversation extends PublicSummary {
  readonly id: string
  readonly started_at: string
  readonly finished_at: string
  readonly source: string
  readonly device: string
  readonly segment_count: number
  /** Recorded while the user had no credits. */
  readonly is_locked: boolean
}

export interface PublicTranscript extends PublicConversation {
  readonly text: string
  readonly segments: readonly {
    readonly id: string
    readonly started_at: string
    readonly finished_at: string
    readonly text: string
    readonly words: Transcript['words']
    readonly provider: string
  }[]
}

export interface ConversationPage {
  readonly conversations: readonly PublicConversation[]
  /** Hand it back for the next page; absent on the last. */
  readonly next_cursor?: string
}

export async function listConversations(
  deps: ConversationDeps,
  uidHash: UidHash,
  page: { readonly cursor: ListCursor | undefined; readonly limit: number },
): Promise<ConversationPage> {
  // One more than asked for tells whether a next page exists.
  const found = await deps.conversations.list(uidHash, {
    limit: page.limit + 1,
    ...(page.cursor ? { before: page.cursor } : {}),
  })
  const shown = found.slice(0, page.limit)
  const last = shown.at(-1)
  const more = found.length > page.limit && last !== undefined
  return {
    conversations: await inParallel(shown, PARALLEL_READS, (outline) =>
      projectOutline(deps, uidHash, outline),
    ),
    ...(more ? { next_cursor: encodeCursor(last) } : {}),
  }
}

export async function getConversation(
  deps: ConversationDeps,
  uidHash: UidHash,
  id: ConversationId,
): Promise<PublicTranscript | undefined> {
  const outline = await deps.conversations.find(uidHash, id)
  if (!outline) return undefined
  const transcripts = await deps.conversations.transcriptsOf(uidHash, outline)
  return {
    ...(await projectOutline(deps, uidHash, outline)),
    text: transcripts.map((t) => t.text).join('\n'),
    segments: transcripts.map((t) => ({
      id: t.segmentId,
      started_at: toIso(t.startMs),
      finished_at: toIso(t.endMs),
      text: t.text,
      words: t.words,
      provider: t.provider,
    })),
  }
}

/** @returns undefined for text that is no cursor of ours */
export function decodeCursor(text: string): ListCursor | undefined {
  const [start, id] = Buffer.from(text, 'base64url').toString('utf8').split('/')
  const startMs = Number(start)
  const parsed = conversationIdSchema.safeParse(id)
  return Number.isFinite(startMs) && parsed.success ? { startMs, id: parsed.data } : undefined
}

function encodeCursor(outline: ConversationOutline): string {
  return Buffer.from(`${outline.startMs}/${outline.id}`).toString('base64url')
}

async function projectOutline(
  deps: SummaryDeps,
  uidHash: UidHash,
  outline: ConversationOutline,
): Promise<PublicConversation> {
  const partition = outline.members[0]?.partition
  return {
    id: outline.id,
    started_at: toIso(outline.startMs),
    finished_at: toIso(outline.endMs),
    source: partition?.source ?? '',
    device: partition?.device ?? '',
    segment_count: outline.members.length,
    is_locked: partition?.locked ?? false,
    ...(await projectSummary(deps, uidHash, outline)),
  }
}
