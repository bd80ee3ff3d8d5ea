import {
  type AudioSpan,
  audioCoverage,
  type ConversationId,
  type ConversationOutline,
  conversationIdSchema,
  type FillerLimits,
  inParallel,
  isFiller,
  SECOND_MS,
  type Transcript,
  tellOnce,
  toIso,
  type UidHash,
} from '../kernel/index.ts'
import type { ConversationStore, ListCursor } from '../ports/index.ts'
import { type PublicSummary, projectSummary, type SummaryDeps, withoutWords } from './summaries.ts'

/** Summaries of one page read at once. */
const PARALLEL_READS = 8

export interface ConversationDeps extends SummaryDeps {
  readonly conversations: ConversationStore
  readonly fillerLimits: FillerLimits
}

interface PublicSpan {
  readonly started_at: string
  readonly finished_at: string
}

export interface PublicConversation extends PublicSpan, PublicSummary {
  readonly id: string
  readonly source: string
  readonly device: string
  readonly segment_count: number
  /** The audio it was made of: silence between its spans was not sent, or holds no speech. */
  readonly audio: { readonly covered_seconds: number; readonly spans: readonly PublicSpan[] }
  /** Too short and with too few words to be one: an app may hide it. */
  readonly filler: boolean
  /** Recorded while the user had no credits: what was said is not shown. */
  readonly locked: boolean
}

export interface PublicTranscript extends PublicConversation {
  /** Absent when locked. */
  readonly text?: string
  /** None when locked. */
  readonly segments: readonly (PublicSpan & {
    readonly id: string
    readonly text: string
    readonly words: Transcript['words']
    readonly provider: string
  })[]
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
  const told = tellOnce(await deps.conversations.transcriptsOf(uidHash, outline))
  const conversation = await projectOutline(deps, uidHash, outline, told)
  if (conversation.locked) return { ...conversation, segments: [] }
  return {
    ...conversation,
    text: told.map((t) => t.text).join('\n'),
    segments: told.map((t) => ({
      id: t.segmentId,
      ...projectSpan(t),
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
  deps: ConversationDeps,
  uidHash: UidHash,
  outline: ConversationOutline,
  told?: readonly Transcript[],
): Promise<PublicConversation> {
  const [first] = outline.members
  const { spans, coveredMs } = audioCoverage(outline.members)
  const summary = await projectSummary(deps, uidHash, outline)
  const locked = outline.members.some(({ partition }) => partition.locked)
  return {
    id: outline.id,
    ...projectSpan(outline),
    source: first?.partition.source ?? '',
    device: first?.partition.device ?? '',
    segment_count: outline.members.length,
    audio: { covered_seconds: coveredMs / SECOND_MS, spans: spans.map(projectSpan) },
    filler: await isFillerOnly(deps, uidHash, outline, told),
    locked,
    ...(locked ? withoutWords(summary) : summary),
  }
}

/** Words are read only where the time alone does not rule it out. */
async function isFillerOnly(
  { conversations, fillerLimits }: ConversationDeps,
  uidHash: UidHash,
  outline: ConversationOutline,
  told: readonly Transcript[] | undefined,
): Promise<boolean> {
  if (!isFiller(outline, [], fillerLimits)) return false
  const texts = told ?? tellOnce(await conversations.transcriptsOf(uidHash, outline))
  return isFiller(outline, texts, fillerLimits)
}

function projectSpan({ startMs, endMs }: AudioSpan): PublicSpan {
  return { started_at: toIso(startMs), finished_at: toIso(endMs) }
}
