import type { Pace } from '../jobs/index.ts'
import { inParallel, type JobId, type StatusView, type UidHash } from '../kernel/index.ts'
import type { Clock, JobStore, StreamedEvent } from '../ports/index.ts'
import type { FindStatusDeps } from './find-status.ts'
import {
  openSegmentReader,
  parseMarks,
  type SegmentNews,
  type SegmentReader,
} from './segment-news.ts'
import { type Wait, waitOf } from './wait-of.ts'
import { watchStatus } from './watch-status.ts'

/** What users are shown of their jobs stands on this. */
export interface StatusDeps extends FindStatusDeps {
  readonly store: Pick<JobStore, 'view' | 'eventsSince'>
  /** How fast jobs came along lately. */
  readonly pace: Pick<Pace, 'of'>
}

export interface WatchDeps extends Omit<StatusDeps, 'pace'> {
  readonly clock: Clock
  readonly intervalMs: number
}

/** What a watcher is told. `at` is epoch ms. */
export type JobNews =
  | { readonly kind: 'segment'; readonly at: number; readonly segment: SegmentNews }
  | {
      readonly kind: 'stage'
      readonly at: number
      readonly stage: string
      readonly totalSegments: number
    }
  | { readonly kind: 'waiting'; readonly wait: Wait }
  | { readonly kind: 'status'; readonly view: StatusView }

export interface ToldNews {
  readonly news: JobNews
  /** Of the last line of the job's timeline that was told whole; a later watch goes on after it. */
  readonly eventId: string | undefined
  /** As seen at this moment. */
  readonly view: StatusView
}

/** Transcripts of one line of the timeline read at once. */
const PARALLEL_READS = 8

/**
 * What happens to a job, as it happens: each line of its timeline once, in its order, after the one
 * of `after`; then what it waits for, and its status. Ends with a terminal status, or when the job is
 * no longer known. The lines of a job that Redis has forgotten are gone; its status is not. Reads
 * only (I9), and the timeline only when the status has changed.
 */
export async function* watchJob(
  deps: WatchDeps,
  user: { readonly uidHash: UidHash; readonly jobId: JobId },
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ToldNews, void, undefined> {
  const { uidHash, jobId } = user
  const read = await openSegmentReader(deps.archive, user)
  let eventId = after
  let shown = ''
  for await (const view of watchStatus(deps, uidHash, jobId, signal)) {
    for (const event of await deps.store.eventsSince(view.jobId, eventId)) {
      const news = await newsOf(event, read)
      eventId = event.id
      for (const [at, one] of news.entries()) {
        // A watcher that left in the middle of a line is told the whole line again.
        const isLast = at === news.length - 1
        yield { news: one, eventId: isLast ? eventId : undefined, view }
      }
    }
    const wait = waitOf(view)
    const text = JSON.stringify(wait)
    if (wait && text !== shown) yield { news: { kind: 'waiting', wait }, eventId, view }
    shown = text ?? ''
    yield { news: { kind: 'status', view }, eventId, view }
  }
}

async function newsOf({ name, at, facts }: StreamedEvent, read: SegmentReader): Promise<JobNews[]> {
  if (name === 'stage') {
    const totalSegments = Number(facts['total_segments'] ?? 0)
    return [{ kind: 'stage', at, stage: facts['stage'] ?? '', totalSegments }]
  }
  if (name !== 'segments') return []
  const marks = parseMarks(facts['marks'] ?? '')
  const segments = await inParallel(marks, PARALLEL_READS, read)
  return segments.map((segment) => ({ kind: 'segment', at, segment }))
}
