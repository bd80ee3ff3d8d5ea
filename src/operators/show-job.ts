import type { Archive } from '../durable/index.ts'
import {
  distinctFiles,
  inParallel,
  type JobId,
  type JobRecord,
  type Manifest,
  type OutcomeObject,
  type Plan,
  taskName,
  type UidHash,
} from '../kernel/index.ts'
import type { JobEvent, JobStore, SegmentMark, TaskQueue } from '../ports/index.ts'

export interface ShowJobDeps {
  readonly store: JobStore
  readonly archive: Archive
  /** Absent where no queue is configured. */
  readonly queue: TaskQueue | undefined
}

/** Everything known of one job, from every place that knows of it. */
export interface JobSheet {
  readonly record: JobRecord
  readonly events: readonly JobEvent[]
  /** What the queue says of the task of this generation; `none` without a queue or for an ended job. */
  readonly task: 'live' | 'gone' | 'unknown' | 'none'
  readonly hasManifest: boolean
  readonly outcome: OutcomeObject | undefined
  readonly files: readonly FileSheet[]
}

export interface FileSheet {
  /** Its id once the manifest is gone, as then its size is unknown. */
  readonly name: string
  readonly startMs: number
  readonly sizeBytes?: number
  /** Once it is planned. */
  readonly durationMs?: number
  /** What its plan says; `unplanned` until it was cut. */
  readonly plan: 'unplanned' | 'speech' | 'silence' | 'undecodable'
  readonly segments: readonly SegmentSheet[]
}

export interface SegmentSheet {
  readonly id: string
  readonly startMs: number
  readonly endMs: number
  readonly verdict: SegmentMark['verdict'] | 'open'
  readonly reasonCode?: string
}

type Marks = ReadonlyMap<string, SegmentMark>

const PARALLEL_READS = 8
/** A plan counts at 16 kHz. */
const SAMPLES_A_MS = 16

/** @returns undefined when the store holds no such record. @throws UnavailableError */
export async function showJob(deps: ShowJobDeps, jobId: JobId): Promise<JobSheet | undefined> {
  const record = await deps.store.read(jobId)
  if (!record) return undefined
  const [events, marks, manifest, outcome, task] = await Promise.all([
    deps.store.events(jobId),
    deps.store.marks(jobId),
    deps.archive.readManifest(record.uidHash, jobId),
    deps.archive.readOutcome(record.uidHash, jobId),
    taskOf(deps.queue, record),
  ])
  const { uidHash } = record
  const files = manifest
    ? await sheetsOf(deps.archive, uidHash, manifest, marks)
    : await settledSheets(deps.archive, uidHash, marks)
  return { record, events, task, hasManifest: manifest !== undefined, outcome, files }
}

async function taskOf(queue: TaskQueue | undefined, record: JobRecord): Promise<JobSheet['task']> {
  if (!queue || 'outcome' in record) return 'none'
  return queue.find(record.lane, taskName(record.jobId, record.generation))
}

async function sheetsOf(
  archive: Archive,
  uidHash: UidHash,
  manifest: Manifest,
  marks: Marks,
): Promise<FileSheet[]> {
  return inParallel(distinctFiles(manifest), PARALLEL_READS, async (file): Promise<FileSheet> => {
    const plan = await archive.readPlan(uidHash, file.fileId)
    const { name, startMs, sizeBytes } = file
    const facts = { name, startMs, sizeBytes }
    if (!plan) return { ...facts, plan: 'unplanned', segments: [] }
    return { ...facts, ...plannedOf(plan, marks) }
  })
}

/**
 * An ended job has no manifest: its landed segments lead to their files' plans, those to the others.
 * Two reads a file; a file of which nothing landed stays unknown.
 */
async function settledSheets(
  archive: Archive,
  uidHash: UidHash,
  marks: Marks,
): Promise<FileSheet[]> {
  const sheets: FileSheet[] = []
  const seen = new Set<string>()
  for (const { segmentId, verdict } of marks.values()) {
    if (verdict === 'failed' || seen.has(segmentId)) continue
    const transcript = await archive.readTranscript(uidHash, segmentId)
    const plan = transcript && (await archive.readPlan(uidHash, transcript.fileId))
    const [first] = plan?.segments ?? []
    if (!plan || !first) continue
    for (const segment of plan.segments) seen.add(segment.segmentId)
    const startMs = first.startMs - Math.round(first.startSample / SAMPLES_A_MS)
    sheets.push({ name: plan.fileId, startMs, ...plannedOf(plan, marks) })
  }
  return sheets.sort((a, b) => a.startMs - b.startMs)
}

function plannedOf(
  plan: Plan,
  marks: Marks,
): Pick<FileSheet, 'plan' | 'segments'> & { readonly durationMs: number } {
  const segments = plan.segments.map(({ segmentId, startMs, endMs }): SegmentSheet => {
    const mark = marks.get(segmentId)
    return {
      id: segmentId,
      startMs,
      endMs,
      verdict: mark?.verdict ?? 'open',
      ...(mark?.reasonCode ? { reasonCode: mark.reasonCode } : {}),
    }
  })
  return { plan: plan.verdict, durationMs: plan.decodedMs, segments }
}
