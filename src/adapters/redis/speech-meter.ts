import { MalformedRecordError } from '../../kernel/index.ts'
import type { Clock, Probe, SpeechMeter } from '../../ports/index.ts'
import { keys } from './keys.ts'
import type { RedisClient } from './redis-client.ts'
import { replyParts } from './reply.ts'
import { createScriptRunner } from './script-runner.ts'

export interface RedisSpeechMeterDeps {
  readonly redis: RedisClient
  readonly clock: Clock
  readonly probe: Probe
  /** How long a segment's guard and its minute are kept: longer than the longest window. */
  readonly retentionMs: number
}

/** The speech meter on Redis: one hash a user, in the slot of the user's jobs. */
export function createRedisSpeechMeter(deps: RedisSpeechMeterDeps): SpeechMeter {
  const scripts = createScriptRunner(deps)
  const { retentionMs } = deps
  return {
    count: async (user, { segmentId, speechMs, dayBudgetMs }) => {
      const [kind, resetsAt] = replyParts(
        await scripts.run('meter-count', keys.meter(user), [
          user.uidHash,
          segmentId,
          speechMs,
          retentionMs,
          dayBudgetMs ?? '',
        ]),
      )
      if (kind === 'over_budget') return { kind, resetsAt: Number(resetsAt) }
      if (kind === 'counted' || kind === 'known' || kind === 'unknown') return { kind }
      throw new MalformedRecordError(`meter-count answered ${kind}`)
    },
    read: async (user) => {
      const reply = await scripts.run('meter-read', keys.meter(user), [user.uidHash, retentionMs])
      if (!Array.isArray(reply) || reply.length === 0) return undefined
      const [now, ...flat] = reply.map(Number)
      const buckets = Array.from({ length: flat.length / 2 }, (_, i) => ({
        startMs: flat[2 * i] ?? 0,
        speechMs: flat[2 * i + 1] ?? 0,
      }))
      return { now: now ?? 0, buckets: buckets.sort((a, b) => a.startMs - b.startMs) }
    },
    restore: async (user, past) => {
      await scripts.run('meter-restore', keys.meter(user), [
        user.uidHash,
        retentionMs,
        ...past.flatMap((p) => [p.segmentId, Math.floor(p.meteredAt), p.speechMs]),
      ])
    },
  }
}
