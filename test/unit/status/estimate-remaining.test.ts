import { describe, expect, test } from 'vitest'
import type { Measure } from '../../../src/jobs/index.ts'
import { type StatusView, statusViewSchema } from '../../../src/kernel/index.ts'
import { projectStatus } from '../../../src/status/index.ts'

const NOW = Date.UTC(2026, 5, 1, 12)
const PACE: Readonly<Record<Measure, number>> = {
  msPerFile: 1_000,
  msPerSegment: 4_000,
  segmentsPerFile: 2,
}

const segments = (total: number, successful = 0, silent = 0, failed = 0) => ({
  ...{ total, successful, silent, failed },
})

function remaining(view: Partial<StatusView>, pace: Partial<typeof PACE> = PACE) {
  const whole = statusViewSchema.parse({
    jobId: '00000000-0000-4000-8000-000000000000',
    uidHash: 'a'.repeat(32),
    ...{ status: 'processing', stage: 'staged', segments: segments(0), totalFiles: 3 },
    ...{ attempt: 1, lane: 'fresh', enrichment: 'none' },
    ...view,
  })
  return projectStatus(whole, NOW, { of: (measure) => pace[measure] }).estimated_seconds_remaining
}

describe('the estimate of a job', () => {
  test.each<[string, Partial<StatusView>, number]>([
    ['before it is cut', { stage: 'vad' }, 27],
    ['with segments to go', { stage: 'transcribing', segments: segments(7, 1, 1, 1) }, 16],
    ['with every segment done', { stage: 'transcribing', segments: segments(2, 2) }, 0],
    ['without speech', { stage: 'transcribing' }, 0],
    ['that is read again', { stage: 'decoding', segments: segments(5, 4) }, 7],
    [
      'put off until an instant',
      {
        ...{ status: 'queued', stage: 'transcribing', segments: segments(5, 4) },
        ...{ waitingFor: 'capacity', retryAt: NOW + 30_000 },
      },
      37,
    ],
    ['with more marks than its plans', { stage: 'transcribing', segments: segments(1, 2) }, 0],
  ])('%s', (_, view, seconds) => {
    expect(remaining(view)).toBe(seconds)
  })

  test.each<[string, Partial<StatusView>, Partial<typeof PACE>?]>([
    ['waits for its first turn', { status: 'queued', attempt: 0 }],
    ['waits past its instant', { status: 'queued', waitingFor: 'retry', retryAt: NOW - 1 }],
    ['is being ended', { stage: 'finalizing', segments: segments(1, 1) }],
    ['is new to this process', { stage: 'vad' }, {}],
    ['is cut by a process that has transcribed nothing yet', { stage: 'vad' }, { msPerFile: 1 }],
    [
      'is transcribed where nothing was yet',
      { stage: 'transcribing', segments: segments(2, 1) },
      { msPerFile: 1 },
    ],
  ])('is left out while nobody knows: the job %s', (_, view, pace) => {
    expect(remaining(view, pace)).toBeUndefined()
  })
})
