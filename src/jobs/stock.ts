import type { Archive } from '../durable/index.ts'
import {
  type ConversationId,
  distinctFiles,
  inParallel,
  type Manifest,
  memberOf,
  type Plan,
  type ReasonCode,
  type Segment,
  type SegmentId,
  type StagedFile,
  type Transcript,
} from '../kernel/index.ts'
import type { Clock, ConversationStore, SegmentMark } from '../ports/index.ts'

const PARALLEL_READS = 8

/** One segment of the job's plans with what is durably known of it. */
export interface SegmentFact {
  readonly segment: Segment
  readonly file: StagedFile
  readonly verdict: 'landed' | 'silent' | 'failed' | 'missing'
  readonly seed?: ConversationId
  readonly reasonCode?: ReasonCode
}

/** What is durable of a job: the ground its end is decided on. */
export interface Stock {
  readonly segments: readonly SegmentFact[]
  readonly undecodable: readonly StagedFile[]
  /** Files without a plan: each counts as one failed segment. */
  readonly unplanned: readonly StagedFile[]
}

interface StockDeps {
  readonly archive: Archive
  readonly conversations: ConversationStore
  readonly clock: Pick<Clock, 'now'>
}

/**
 * Takes stock before a job ends. For every segment that has a transcript but is not marked, the
 * timeline write is redone first: an object alone proves text, not landing. What belongs to a deleted
 * conversation counts as silent, unless it had landed before.
 */
export async function takeStock(
  deps: StockDeps,
  manifest: Manifest,
  marks: ReadonlyMap<SegmentId, SegmentMark>,
): Promise<Stock> {
  const files = distinctFiles(manifest)
  const plans = await inParallel(files, PARALLEL_READS, async (file) => ({
    file,
    plan: await deps.archive.readPlan(manifest.uidHash, file.fileId),
  }))
  const planned = plans.filter((p): p is { file: StagedFile; plan: Plan } => p.plan !== undefined)
  const segments = await inParallel(
    planned.flatMap(({ file, plan }) => plan.segments.map((segment) => ({ file, segment }))),
    PARALLEL_READS,
    async ({ file, segment }): Promise<SegmentFact> => {
      const transcript = await deps.archive.readTranscript(manifest.uidHash, segment.segmentId)
      if (!transcript) return { file, segment, ...withoutTranscript(marks.get(segment.segmentId)) }
      if (transcript.verdict === 'silent') return { file, segment, verdict: 'silent' }
      if (marks.get(segment.segmentId)?.verdict !== 'landed') {
        const isDeleted = await landAgain(deps, manifest, transcript)
        if (isDeleted) return { file, segment, verdict: 'silent' }
      }
      return { file, segment, verdict: 'landed', seed: transcript.place.seed }
    },
  )
  return {
    segments,
    undecodable: planned.filter((p) => p.plan.verdict === 'undecodable').map((p) => p.file),
    unplanned: plans.filter((p) => p.plan === undefined).map((p) => p.file),
  }
}

/** @returns whether it belongs to a conversation that the user deleted */
async function landAgain(
  { archive, conversations, clock }: StockDeps,
  { uidHash }: Manifest,
  transcript: Transcript,
): Promise<boolean> {
  const segmentIds = await conversations.land(uidHash, [memberOf(transcript)])
  await archive.blankTranscripts(uidHash, { segmentIds, erasedAt: clock.now() })
  return segmentIds.includes(transcript.segmentId)
}

function withoutTranscript(
  mark: SegmentMark | undefined,
): Pick<SegmentFact, 'verdict' | 'reasonCode'> {
  if (mark?.verdict !== 'failed') return { verdict: 'missing' }
  return { verdict: 'failed', ...(mark.reasonCode ? { reasonCode: mark.reasonCode } : {}) }
}
