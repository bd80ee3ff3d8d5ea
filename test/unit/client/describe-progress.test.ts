import { expect, test } from 'vitest'
import { describeSegment, describeWait, type JobStatus } from '../../../src/client/index.ts'

const NOW = Date.UTC(2026, 5, 1, 12)
const status = (of: Partial<JobStatus>): JobStatus => ({
  ...{ job_id: 'j', status: 'queued', stage: 'staged', total_files: 1, total_segments: 0 },
  ...{ processed_segments: 0, attempt: 0, enrichment: 'none' },
  ...of,
})

test.each<[Partial<JobStatus>, string]>([
  [{}, ''],
  [{ estimated_seconds_remaining: 12 }, 'about 12 s left'],
  [{ waiting_for: 'retry' }, 'waiting for retry'],
  [{ waiting_for: 'capacity', waiting_since: NOW - 3_000 }, 'waiting for capacity for 3 s'],
  [
    {
      ...{ waiting_for: 'retry', waiting_since: NOW - 600_000 },
      ...{ retry_after: 40, estimated_seconds_remaining: 7_500 },
    },
    'waiting for retry for 10 min, next try in 40 s, about 2 h left',
  ],
])('the wait of %j is told as %j', (of, words) => {
  expect(describeWait(status(of), NOW)).toBe(words)
})

test('a segment is told by its time and words, or why it has none', () => {
  const at = { segment_id: 's', started_at: NOW }
  expect(describeSegment({ ...at, verdict: 'landed', text: 'we  met\nat noon' })).toBe(
    '12:00:00  we met at noon',
  )
  expect(describeSegment({ ...at, verdict: 'landed', text: '' })).toBe('12:00:00  speech')
  expect(describeSegment({ ...at, verdict: 'silent' })).toBe('12:00:00  nothing was said')
  const failed = { segment_id: 's', verdict: 'failed', reason_code: 'stt_timeout' } as const
  expect(describeSegment(failed)).toBe('failed: stt_timeout')
})
