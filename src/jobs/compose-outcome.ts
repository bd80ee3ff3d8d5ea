import {
  type ConversationId,
  capErrors,
  landingStatus,
  type Manifest,
  meaningOf,
  type Outcome,
  type ReasonCode,
  SECOND_MS,
  type SegmentCounts,
  type SegmentId,
  type Stage,
  type StagedFile,
} from '../kernel/index.ts'
import type { ConversationStore, SegmentMark } from '../ports/index.ts'
import type { SegmentFact, Stock } from './stock.ts'

/** Why a job ends now. `reasonCode` names the cause; the status follows from the counts alone. */
export interface EndReason {
  readonly reasonCode?: ReasonCode
  readonly retryAfterAt?: number
  readonly stageMs?: Partial<Record<Stage, number>>
  /** The job's marks, where its holder knows them all; else the store is asked. */
  readonly marks?: ReadonlyMap<SegmentId, SegmentMark>
}

/** The one landing rule: whoever ends a job, it ends by these counts. */
export async function composeOutcome(
  deps: { readonly conversations: ConversationStore; readonly failureThreshold: number },
  job: { readonly manifest: Manifest; readonly stock: Stock; readonly endedAt: number },
  why: EndReason,
): Promise<Outcome> {
  const { manifest, stock } = job
  const segments = countSegments(stock)
  const nothingDecoded =
    stock.undecodable.length > 0 &&
    stock.segments.length === 0 &&
    stock.unplanned.length === 0 &&
    stock.undecodable.length === new Set(manifest.files.map((f) => f.fileId)).size
  const status = landingStatus({ segments, nothingDecoded }, deps.failureThreshold)
  const reasonCode =
    status === 'completed' ? undefined : (why.reasonCode ?? defaultReason(nothingDecoded))
  const memories = await memoriesOf(deps.conversations, manifest, stock)
  return {
    status,
    segments,
    ...memories,
    errors: capErrors(describeLosses(manifest, stock, reasonCode)),
    ...(reasonCode ? { reasonCode, error: meaningOf(reasonCode, manifest) } : {}),
    ...(reasonCode && why.retryAfterAt !== undefined ? { retryAfterAt: why.retryAfterAt } : {}),
    ...(why.stageMs ? { stageMs: why.stageMs } : {}),
    endedAt: job.endedAt,
  }
}

function countSegments(stock: Stock): SegmentCounts {
  const having = (verdict: SegmentFact['verdict']) =>
    stock.segments.filter((s) => s.verdict === verdict).length
  return {
    total: stock.segments.length + stock.unplanned.length,
    successful: having('landed'),
    silent: having('silent'),
    failed: having('failed') + having('missing') + stock.unplanned.length,
  }
}

function defaultReason(nothingDecoded: boolean): ReasonCode {
  return nothingDecoded ? 'sync_invalid_audio' : 'sync_segments_lost'
}

function describeLosses(
  manifest: Manifest,
  stock: Stock,
  reasonCode: ReasonCode | undefined,
): string[] {
  const meaning = (code: ReasonCode | undefined) =>
    meaningOf(code ?? 'sync_segments_lost', manifest)
  const file = (f: StagedFile, text: string) => `${f.name}: ${text}`
  return [
    ...stock.undecodable.map((f) => file(f, 'no readable audio')),
    ...stock.unplanned.map((f) => file(f, `not read. ${meaning(reasonCode)}`)),
    ...stock.segments
      .filter((s) => s.verdict === 'failed' || s.verdict === 'missing')
      .map((s) => {
        const from = Math.floor((s.segment.startMs - s.file.startMs) / SECOND_MS)
        const to = Math.ceil((s.segment.endMs - s.file.startMs) / SECOND_MS)
        return file(s.file, `${from}-${to} s: ${meaning(s.reasonCode ?? reasonCode)}`)
      }),
  ]
}

/** A conversation is new when its first member landed with this job, else updated. */
async function memoriesOf(
  conversations: ConversationStore,
  manifest: Manifest,
  stock: Stock,
): Promise<Pick<Outcome, 'newMemories' | 'updatedMemories'>> {
  const own = new Set<SegmentId>(stock.segments.map((s) => s.segment.segmentId))
  const seeds = new Set<ConversationId>(stock.segments.flatMap((s) => (s.seed ? [s.seed] : [])))
  const found = new Map<ConversationId, boolean>()
  for (const seed of seeds) {
    const outline = await conversations.find(manifest.uidHash, seed)
    if (!outline) continue
    for (const member of outline.members) seeds.delete(member.seed)
    const first = outline.members.find((m) => m.seed === outline.id)
    found.set(outline.id, first !== undefined && own.has(first.segmentId))
  }
  const ids = [...found]
  return {
    newMemories: ids.filter(([, isNew]) => isNew).map(([id]) => id),
    updatedMemories: ids.filter(([, isNew]) => !isNew).map(([id]) => id),
  }
}
