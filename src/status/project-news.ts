import type { Pace } from '../jobs/index.ts'
import { processedSegments, toIso } from '../kernel/index.ts'
import { projectStatus, projectWait } from './project-status.ts'
import type { SegmentNews } from './segment-news.ts'
import type { ToldNews } from './watch-job.ts'

/** One event of a stream: its name, and its public facts. Absent fields are left out. */
export interface PublicNews {
  readonly event: 'segment' | 'stage' | 'waiting' | 'status'
  readonly data: object
}

export function projectNews(
  { news, view }: ToldNews,
  nowMs: number,
  pace: Pick<Pace, 'of'>,
): PublicNews {
  switch (news.kind) {
    case 'segment':
      return {
        event: 'segment',
        data: {
          at: toIso(news.at),
          ...projectSegment(news.segment),
          processed_segments: processedSegments(view.segments),
          total_segments: view.segments.total,
        },
      }
    case 'stage': {
      const { at, stage, totalSegments } = news
      return { event: 'stage', data: { at: toIso(at), stage, total_segments: totalSegments } }
    }
    case 'waiting':
      return { event: 'waiting', data: projectWait(news.wait, nowMs) }
    case 'status':
      return { event: 'status', data: projectStatus(news.view, nowMs, pace) }
  }
}

function projectSegment(segment: SegmentNews) {
  const { segmentId, verdict, reasonCode, fileName, startMs, endMs, speechMs } = segment
  return {
    segment_id: segmentId,
    verdict,
    ...(reasonCode ? { reason_code: reasonCode } : {}),
    ...(fileName === undefined ? {} : { file: fileName }),
    ...(startMs === undefined ? {} : { started_at: toIso(startMs) }),
    ...(endMs === undefined ? {} : { finished_at: toIso(endMs) }),
    ...(speechMs === undefined ? {} : { speech_ms: speechMs }),
    ...(segment.conversationId ? { conversation_id: segment.conversationId } : {}),
    ...(segment.text === undefined ? {} : { text: segment.text }),
  }
}
