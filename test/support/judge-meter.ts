import type { Redis } from 'ioredis'
import { keys } from '../../src/adapters/redis/keys.ts'
import type { Uid, UidHash } from '../../src/kernel/index.ts'
import type { StoredTranscript } from './stored-truth.ts'

/** What is wrong with a user's meter (I5): each segment stands guarded in it, and its speech once. */
export async function judgeMeter(
  redis: Redis,
  user: { readonly uid: Uid; readonly uidHash: UidHash },
  transcripts: readonly StoredTranscript[],
): Promise<string[]> {
  const meter = Object.entries(await redis.hgetall(keys.meter(user)))
  const guarded = meter.flatMap(([field]) => (field.startsWith('s') ? [field.slice(1)] : []))
  const counted = meter.filter(([field]) => field.startsWith('b'))
  const countedMs = counted.reduce((sum, [, ms]) => sum + Number(ms), 0)
  const spokenMs = transcripts.reduce((sum, { speechMs }) => sum + speechMs, 0)
  const unguarded = transcripts.filter(({ segmentId }) => !guarded.includes(segmentId))
  return [
    ...(unguarded.length > 0 ? [`I5: ${unguarded.length} segments were not metered`] : []),
    ...(guarded.length > transcripts.length ? ['I5: segments are metered that nobody spoke'] : []),
    ...(countedMs === spokenMs ? [] : [`I5: ${countedMs} ms are metered of ${spokenMs}`]),
  ]
}
