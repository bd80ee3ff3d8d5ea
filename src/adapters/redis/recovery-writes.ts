import * as z from 'zod'
import { type JobId, jobIdSchema, MalformedRecordError } from '../../kernel/index.ts'
import type { RecoveryStore } from '../../ports/index.ts'
import { keys } from './keys.ts'
import type { RedisClient } from './redis-client.ts'
import { replyParts } from './reply.ts'
import type { ScriptRunner } from './script-runner.ts'

const jobIdsSchema = z.array(jobIdSchema)
const leaseAnswerSchema = z.enum(['taken', 'busy', 'idle'])
const wordsSchema = z.array(z.string())

/** What recovery keeps beside the jobs: what is due, who looks at a shard, how far a sweep has come. */
export function createRecoveryWrites(redis: RedisClient, scripts: ScriptRunner): RecoveryStore {
  const ids = (reply: unknown): readonly JobId[] => jobIdsSchema.parse(reply)
  return {
    due: async (shard, limit) => ids(await scripts.run('due', keys.due(shard), ['', limit])),
    stalled: async (shard, { forMs, limit }) =>
      ids(await scripts.run('stalled', keys.running(shard), ['', limit, forMs])),
    postpone: async (jobId, dueInMs, seen) => {
      await scripts.run('postpone', keys.job(jobId), [jobId, dueInMs, seen?.epoch ?? ''])
    },
    keepDue: async (jobId) => {
      const [kind] = replyParts(await scripts.run('keep-due', keys.job(jobId), [jobId]))
      if (kind === 'missing' || kind === 'settled' || kind === 'added' || kind === 'due') {
        return kind
      }
      throw new MalformedRecordError(`keep-due answered ${kind}`)
    },
    beginPass: async (shard, { token, leaseMs }, stalledForMs) => {
      const args = ['', token, leaseMs, stalledForMs ?? '']
      const reply = await scripts.run('begin-pass', keys.sentinel(shard), args)
      const [kind, lostSince] = wordsSchema.parse(reply)
      return { kind: leaseAnswerSchema.parse(kind), lostSince: instantOf(lostSince) }
    },
    endPass: async (shard, token) => {
      await scripts.run('end-pass', keys.sentinel(shard), ['', token])
    },
    confirmShard: async (shard, lostSince) => {
      await scripts.run('confirm-shard', keys.sentinel(shard), ['', lostSince])
    },
    lastPassAt: async () => instantOf((await scripts.call(() => redis.get(keys.passed))) ?? ''),
    beginSweep: async (part, { token, leaseMs, since, againMs }) => {
      const args = ['', token, leaseMs, since, againMs]
      const reply = await scripts.run('begin-sweep', keys.sentinel(part), args)
      const [kind, now, cursor, beganAt, wholeSince] = wordsSchema.parse(reply)
      return {
        kind: leaseAnswerSchema.parse(kind),
        now: Number(now),
        cursor: cursor || undefined,
        beganAt: instantOf(beganAt),
        wholeSince: instantOf(wholeSince),
      }
    },
    endSweep: async (part, token, { beganAt, cursor }) => {
      await scripts.run('end-sweep', keys.sentinel(part), ['', token, beganAt, cursor ?? ''])
    },
  }
}

function instantOf(text: string | undefined): number | undefined {
  return text ? Number(text) : undefined
}
