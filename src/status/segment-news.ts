import type { Archive } from '../durable/index.ts'
import {
  type ConversationId,
  distinctFiles,
  type JobId,
  type Plan,
  REASON_CODES,
  type ReasonCode,
  type Segment,
  type SegmentId,
  segmentIdSchema,
  type UidHash,
} from '../kernel/index.ts'
import type { SegmentMark } from '../ports/index.ts'

/** What became of one segment. Instants are epoch ms; absent where it is no longer known. */
export interface SegmentNews {
  readonly segmentId: SegmentId
  readonly verdict: SegmentMark['verdict']
  readonly reasonCode?: ReasonCode
  readonly fileName?: string
  readonly startMs?: number
  readonly endMs?: number
  readonly speechMs?: number
  /** Finds the conversation it is part of, for as long as it is. */
  readonly conversationId?: ConversationId
  readonly text?: string
}

const VERDICTS = new Map<string, SegmentMark['verdict']>([
  ['l', 'landed'],
  ['s', 'silent'],
  ['f', 'failed'],
])

/** `segment=l segment=f:reason`, as the job's timeline has it; what cannot be read is left out. */
export function parseMarks(text: string): SegmentMark[] {
  return text.split(' ').flatMap((told) => {
    const [id, mark = ''] = told.split('=')
    const [letter = '', reason] = mark.split(':')
    const segmentId = segmentIdSchema.safeParse(id)
    const verdict = VERDICTS.get(letter)
    if (!segmentId.success || !verdict) return []
    const reasonCode = REASON_CODES.find((code) => code === reason)
    return [{ segmentId: segmentId.data, verdict, ...(reasonCode ? { reasonCode } : {}) }]
  })
}

export type SegmentReader = (mark: SegmentMark) => Promise<SegmentNews>

/**
 * Tells of a mark where and what it is: from the segment's transcript, or from its file's plan where
 * there is none. The manifest is read before anything else, since it goes when the job ends; without
 * it nobody knows the names of the files.
 */
export async function openSegmentReader(
  archive: Pick<Archive, 'readTranscript' | 'readManifest' | 'readPlan'>,
  { uidHash, jobId }: { readonly uidHash: UidHash; readonly jobId: JobId },
): Promise<SegmentReader> {
  const manifest = await archive.readManifest(uidHash, jobId)
  const files = manifest ? distinctFiles(manifest) : []
  const plans = new Map<string, Plan>()
  const planOf = async (fileId: string) => {
    const plan = plans.get(fileId) ?? (await archive.readPlan(uidHash, fileId))
    if (plan) plans.set(fileId, plan)
    return plan
  }
  const findPlanned = async (segmentId: SegmentId) => {
    const plans = await Promise.all(
      files.map(async ({ name: fileName, fileId }) => {
        const plan = await planOf(fileId)
        return (plan?.segments ?? []).map((segment) => ({ ...segment, fileName }))
      }),
    )
    return plans.flat().find((segment) => segment.segmentId === segmentId)
  }
  return async (mark) => {
    const transcript = await archive.readTranscript(uidHash, mark.segmentId)
    if (!transcript) {
      const segment = await findPlanned(mark.segmentId)
      return { ...mark, ...(segment && { ...spanOf(segment), fileName: segment.fileName }) }
    }
    const fileName = files.find(({ fileId }) => fileId === transcript.fileId)?.name
    const { place, text, verdict } = transcript
    const isText = mark.verdict === 'landed' && verdict === 'text'
    return {
      ...mark,
      ...spanOf(transcript),
      ...(fileName === undefined ? {} : { fileName }),
      ...(isText ? { text, conversationId: place.target ?? place.seed } : {}),
    }
  }
}

function spanOf({ startMs, endMs, speechMs }: Pick<Segment, 'startMs' | 'endMs' | 'speechMs'>) {
  return { startMs, endMs, speechMs }
}
