import { contentIdSchema, jobIdSchema, MalformedRecordError } from '../../kernel/index.ts'
import type { JobStore } from '../../ports/index.ts'
import { keys } from './keys.ts'
import type { RedisClient } from './redis-client.ts'
import { replyParts } from './reply.ts'
import type { ScriptRunner } from './script-runner.ts'

/** What a user's idempotency keys stand for: `job:content`, in the user's own slot. */
export function createIdempotencyKeys(
  redis: RedisClient,
  scripts: ScriptRunner,
): Pick<JobStore, 'keyHolder' | 'bindKey'> {
  return {
    keyHolder: async (uid, keyId) => {
      const kept = await scripts.call(() => redis.get(keys.idempotency(uid, keyId)))
      if (kept === null) return undefined
      const [jobId, contentId] = kept.split(':')
      return { jobId: jobIdSchema.parse(jobId), contentId: contentIdSchema.parse(contentId) }
    },
    bindKey: async (key, { jobId, contentId }) => {
      const [kind] = replyParts(
        await scripts.run('bind-key', keys.job(jobId), [jobId, key.keyId, contentId, key.keptMs]),
      )
      if (kind !== 'bound' && kind !== 'reused') {
        throw new MalformedRecordError(`bind-key answered ${kind}`)
      }
      return kind
    },
  }
}
