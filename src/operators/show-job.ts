import type { Archive } from '../durable/index.ts'
import {
  distinctFiles,
  inParallel,
  type JobId,
  type JobRecord,
  type Manifest,
  type OutcomeObject,
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
  readonly name: string
  readonly startMs: number
  readonly sizeBytes: number
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

const PARALLEL_READS = 8

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
  const files = manifest ? await sheetsOf(deps.archive, record.uidHash, manifest, marks) : []
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
  marks: ReadonlyMap<string, SegmentMark>,
): Promise<FileSheet[]> {
  return inParallel(distinctFiles(manifest), PARALLEL_READS, async (file) => {
    const plan = await archive.readPlan(uidHash, file.fileId)
    const { name, startMs, sizeBytes } = file
    const facts = { name, startMs, sizeBytes }
    if (!plan) return { ...facts, plan: 'unplanned', segments: [] }
    const segments = plan.segments.map((segment): SegmentSheet => {
      const mark = marks.get(segment.segmentId)
      return {
        id: segment.segmentId,
        startMs: segment.startMs,
        endMs: segment.endMs,
        verdict: mark?.verdict ?? 'open',
        ...(mark?.reasonCode ? { reasonCode: mark.reasonCode } : {}),
      }
    })
    return { ...facts, plan: plan.verdict, segments }
  })
}
