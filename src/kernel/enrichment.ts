import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { ConversationOutline } from './conversation.ts'
import {
  type ConversationId,
  conversationIdSchema,
  SHARD_COUNT,
  type UidHash,
  uidHashSchema,
} from './ids.ts'
import type { Outcome } from './job.ts'
import { REASON_CODES, type ReasonCode } from './reasons.ts'
import { type ParsedBody, parseBody } from './task-body.ts'

/**
 * The second stage: a conversation's summary, bound to the revision it was made of. A conversation
 * that gains or loses a segment has another revision, and what was made of the earlier one is simply
 * not the current summary.
 */
export const revisionSchema = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .brand('Revision')
/** Of one conversation at one revision; its last byte names its shard. */
export const enrichmentIdSchema = z
  .string()
  .regex(/^[0-9a-f]{38}[0-3][0-9a-f]$/)
  .brand('EnrichmentId')

export type Revision = z.infer<typeof revisionSchema>
export type EnrichmentId = z.infer<typeof enrichmentIdSchema>

/** One conversation of one user as it was at one revision. */
export interface EnrichmentSubject {
  readonly uidHash: UidHash
  readonly conversationId: ConversationId
  readonly revision: Revision
}

export function revisionOf(outline: Pick<ConversationOutline, 'members'>): Revision {
  const ids = outline.members.map((member) => member.segmentId).sort()
  return revisionSchema.parse(sha256(ids).slice(0, 40))
}

/** Found from the subject alone, so that a task or a day document finds it in an empty store. */
export function enrichmentIdOf(subject: EnrichmentSubject): EnrichmentId {
  const { uidHash, conversationId, revision } = subject
  const shard = Number.parseInt(uidHash.slice(0, 2), 16) % SHARD_COUNT
  const hash = sha256([uidHash, conversationId, revision]).slice(0, 38)
  return enrichmentIdSchema.parse(`${hash}${shard.toString(16).padStart(2, '0')}`)
}

export function shardOfEnrichment(id: EnrichmentId): number {
  return Number.parseInt(id.slice(-2), 16)
}

/** A name is never used for anything else; every generation has its own. */
export function enrichmentTaskName(id: EnrichmentId, generation: number): string {
  return `e-${id}-g${generation}`
}

export const CATEGORIES = [
  'personal',
  'family',
  'work',
  'business',
  'education',
  'technology',
  'health',
  'finance',
  'legal',
  'politics',
  'news',
  'science',
  'history',
  'literature',
  'entertainment',
  'music',
  'sports',
  'travel',
  'food',
  'social',
  'spiritual',
  'other',
] as const

/** Longer than any of these is no summary; a model that writes more is cut, never refused. */
const MAX_TITLE_LENGTH = 120
const MAX_OVERVIEW_LENGTH = 2_000
const MAX_ACTION_ITEMS = 20
const MAX_ACTION_ITEM_LENGTH = 300

const capped = (maxLength: number) =>
  z.string().transform((text) => text.replace(/\s+/g, ' ').trim().slice(0, maxLength))

export const summarySchema = z.object({
  title: capped(MAX_TITLE_LENGTH).pipe(z.string().min(1)),
  overview: capped(MAX_OVERVIEW_LENGTH),
  category: z.enum(CATEGORIES),
  actionItems: z
    .array(capped(MAX_ACTION_ITEM_LENGTH))
    .transform((items) => items.filter((item) => item !== '').slice(0, MAX_ACTION_ITEMS)),
})
export type Summary = z.infer<typeof summarySchema>

const objectBase = z.object({
  schemaVersion: z.literal(1),
  conversationId: conversationIdSchema,
  revision: revisionSchema,
  createdAt: z.number().nonnegative(),
})

/** Create-only: what became of one revision. `skipped`: too little was said to sum up. */
export const enrichmentObjectSchema = z.discriminatedUnion('verdict', [
  objectBase.extend({ verdict: z.literal('done'), provider: z.string(), summary: summarySchema }),
  objectBase.extend({ verdict: z.literal('skipped') }),
  objectBase.extend({ verdict: z.literal('failed'), reasonCode: z.enum(REASON_CODES) }),
])
export type EnrichmentObject = z.infer<typeof enrichmentObjectSchema>

/** How one conversation of a job stands. */
export interface EnrichmentNote {
  readonly state: 'pending' | 'running' | EnrichmentObject['verdict']
  readonly reasonCode?: ReasonCode
}

export interface EnrichmentStanding {
  readonly enrichment: 'none' | 'pending' | 'running' | 'done' | 'failed'
  readonly enrichmentReasonCode?: ReasonCode
}

/** A job's `enrichment`: what its conversations say together. None said anything: nothing to sum up. */
export function foldEnrichment(notes: Iterable<EnrichmentNote>): EnrichmentStanding {
  const all = [...notes]
  const having = (state: EnrichmentNote['state']) => all.filter((note) => note.state === state)
  for (const state of ['running', 'pending'] as const) {
    if (having(state).length > 0) return { enrichment: state }
  }
  const failed = having('failed')
  if (failed.length === 0) return { enrichment: having('done').length > 0 ? 'done' : 'none' }
  const [enrichmentReasonCode] = failed.flatMap((note) => note.reasonCode ?? []).sort()
  return { enrichment: 'failed', ...(enrichmentReasonCode ? { enrichmentReasonCode } : {}) }
}

/** A job that ended with conversations owes their summaries. */
export function owesEnrichment(outcome: Pick<Outcome, 'newMemories' | 'updatedMemories'>): boolean {
  return outcome.newMemories.length + outcome.updatedMemories.length > 0
}

/** Those it ended with; what is no conversation's id is passed over. */
export function conversationsOf(
  outcome: Pick<Outcome, 'newMemories' | 'updatedMemories'>,
): ConversationId[] {
  return [...outcome.newMemories, ...outcome.updatedMemories].flatMap(
    (id) => conversationIdSchema.safeParse(id).data ?? [],
  )
}

/** The task body is a pointer, never content; both sides validate it. */
export const ENRICHMENT_TASK_SCHEMA_VERSION = 1

const enrichmentTaskSchema = z.object({
  schema_version: z.literal(ENRICHMENT_TASK_SCHEMA_VERSION),
  uid_hash: uidHashSchema,
  conversation_id: conversationIdSchema,
  revision: revisionSchema,
  lane: z.enum(['fresh', 'backfill']),
  generation: z.int().nonnegative(),
})
export type EnrichmentTaskPayload = z.infer<typeof enrichmentTaskSchema>

export type ParsedEnrichmentTask = ParsedBody<EnrichmentTaskPayload>

export function parseEnrichmentTask(body: string): ParsedEnrichmentTask {
  return parseBody(body, { schema: enrichmentTaskSchema, version: ENRICHMENT_TASK_SCHEMA_VERSION })
}

function sha256(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
