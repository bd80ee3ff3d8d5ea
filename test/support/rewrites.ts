import type { JobId } from '../../src/kernel/index.ts'

/** What the log says of a job's rewritten statuses, in order. */
export function rewritesOf(lines: readonly string[], jobId: JobId) {
  return lines
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter((line) => line['event'] === 'status_rewritten' && line['jobId'] === jobId)
    .map(({ from, to, reason, by }) => ({ from, to, reason, by }))
}
