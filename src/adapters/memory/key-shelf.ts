import type { IdempotencyId } from '../../kernel/index.ts'
import type { KeyHolder, KeyUse } from '../../ports/index.ts'

/** What idempotency keys stand for, by the shard of their user. */
export interface KeyShelf {
  keyHolder(shard: number, keyId: IdempotencyId): KeyHolder | undefined
  /** False when the key stands for other content. */
  bindKey(shard: number, key: KeyUse, holder: KeyHolder): boolean
}

export function createKeyShelf(now: () => number): KeyShelf {
  const keys = new Map<string, KeyHolder & { readonly untilAt: number }>()
  const keyHolder = (shard: number, keyId: IdempotencyId): KeyHolder | undefined => {
    const kept = keys.get(`${shard}:${keyId}`)
    if (!kept || kept.untilAt <= now()) return undefined
    return { jobId: kept.jobId, contentId: kept.contentId }
  }
  return {
    keyHolder,
    bindKey: (shard, { keyId, keptMs }, { jobId, contentId }) => {
      const kept = keyHolder(shard, keyId)
      if (kept && kept.contentId !== contentId) return false
      keys.set(`${shard}:${keyId}`, { jobId, contentId, untilAt: now() + keptMs })
      return true
    },
  }
}
