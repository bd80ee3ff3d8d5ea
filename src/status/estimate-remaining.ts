import type { Pace } from '../jobs/index.ts'
import { isTerminal, processedSegments, type StatusView } from '../kernel/index.ts'
import { waitOf } from './wait-of.ts'

/**
 * Ms until the job's last segment should be done, by the pace of the jobs before it; undefined
 * wherever a part of it is not known: nobody can tell how long a queue is.
 */
export function estimateRemainingMs(
  pace: Pick<Pace, 'of'>,
  view: StatusView,
  nowMs: number,
): number | undefined {
  if (isTerminal(view.status) || view.stage === 'finalizing') return undefined
  const wait = waitOf(view)
  if (!wait) return workLeftMs(pace, view, view.stage !== 'transcribing')
  if (wait.retryAt === undefined || wait.retryAt < nowMs) return undefined
  const workMs = workLeftMs(pace, view, true)
  return workMs === undefined ? undefined : wait.retryAt - nowMs + workMs
}

/** @param beginsAnew every file is read again before the first segment */
function workLeftMs(
  pace: Pick<Pace, 'of'>,
  view: StatusView,
  beginsAnew: boolean,
): number | undefined {
  const segments = segmentsLeft(pace, view)
  const filesMs = beginsAnew ? times(pace.of('msPerFile'), view.totalFiles) : 0
  const segmentsMs = segments === 0 ? 0 : times(pace.of('msPerSegment'), segments)
  return filesMs === undefined || segmentsMs === undefined ? undefined : filesMs + segmentsMs
}

function segmentsLeft(
  pace: Pick<Pace, 'of'>,
  { segments, stage, totalFiles }: StatusView,
): number | undefined {
  const isCut = segments.total > 0 || stage === 'transcribing'
  if (!isCut) return times(pace.of('segmentsPerFile'), totalFiles)
  return Math.max(0, segments.total - processedSegments(segments))
}

function times(one: number | undefined, count: number | undefined): number | undefined {
  return one === undefined || count === undefined ? undefined : one * count
}
