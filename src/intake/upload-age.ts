import type { Clock } from '../ports/index.ts'
import { UploadRefusedError } from './refusal.ts'

/**
 * Told from before the first blob. Past its longest time an upload promises nothing any more: its
 * process stood still, and its blobs may have been swept as nobody's (I1). Both clocks are asked, since
 * either may have stood still with the process.
 * @returns throws UploadRefusedError (`upload_timeout`) once the upload is too old
 */
export function limitAge({
  clock,
  longestUploadMs,
}: {
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  readonly longestUploadMs: number
}): () => void {
  const [wallMs, monotonicMs] = [clock.now(), clock.monotonicMs()]
  return () => {
    const ageMs = Math.max(clock.now() - wallMs, clock.monotonicMs() - monotonicMs)
    if (ageMs < longestUploadMs) return
    throw new UploadRefusedError('the upload took too long', { code: 'upload_timeout' })
  }
}
