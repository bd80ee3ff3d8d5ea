import { enrichmentIdOf, enrichmentIdSchema } from '../../kernel/index.ts'
import type { Clock, EnrichmentStore, Probe } from '../../ports/index.ts'
import { createWorkHolderWrites, type RunOnWork } from './enrichment-holder-writes.ts'
import { claimOfWork, parseWork } from './enrichment-work.ts'
import { keys } from './keys.ts'
import type { RedisClient } from './redis-client.ts'
import { replyParts, unknownAnswer } from './reply.ts'
import { createScriptRunner } from './script-runner.ts'

/** The second stage's store on Redis: every method is one Lua script on one shard. */
export function createRedisEnrichmentStore(deps: {
  readonly redis: RedisClient
  readonly clock: Clock
  readonly probe: Probe
}): EnrichmentStore {
  const scripts = createScriptRunner(deps)
  const run: RunOnWork = (name, id, ...args) =>
    scripts.run(name, keys.enrichment(id), [id, ...args])
  return {
    announce: async (work) => {
      const id = enrichmentIdOf(work)
      const { uidHash, conversationId, revision, lane, dueInMs } = work
      const listeners = work.listeners.map((each) => `${each.jobId}:${each.conversationId}`)
      const args = [uidHash, conversationId, revision, lane, dueInMs, ...listeners]
      const [, ...flat] = replyParts(await run('enrichment-announce', id, ...args))
      return parseWork(id, flat)
    },
    read: async (id) => {
      const flat = await run('enrichment-read', id)
      return Array.isArray(flat) && flat.length === 0 ? undefined : parseWork(id, flat)
    },
    claim: async ({ id, generation, token, leaseMs }) => {
      const [kind, ...rest] = replyParts(
        await run('enrichment-claim', id, generation, token, leaseMs),
      )
      switch (kind) {
        case 'missing':
          return { kind }
        case 'stale_generation':
          return { kind, generation: Number(rest[0]) }
        case 'locked':
          return { kind, leaseUntil: Number(rest[0]) }
        case 'ended':
          return { kind, record: parseWork(id, rest) }
        case 'claimed': {
          const record = parseWork(id, rest)
          return { kind, record, claim: claimOfWork(record, { token, leaseMs }) }
        }
        default:
          throw unknownAnswer('enrichment-claim', kind)
      }
    },
    ...createWorkHolderWrites(run),
    settle: async (id) => {
      await run('enrichment-settle', id)
    },
    overrideGeneration: async (id, { status, epoch, generation }, dueInMs) => {
      const [kind, next] = replyParts(
        await run('enrichment-override', id, status, epoch, generation, dueInMs),
      )
      if (kind === 'done') return { kind, generation: Number(next) }
      if (kind === 'raced' || kind === 'missing') return { kind }
      throw unknownAnswer('enrichment-override', kind)
    },
    due: async (shard, limit) => {
      const reply = await scripts.run('due', keys.enrichmentDue(shard), ['', limit])
      return Array.isArray(reply) ? reply.map((id) => enrichmentIdSchema.parse(id)) : []
    },
    postpone: async (id, dueInMs) => {
      await run('enrichment-postpone', id, dueInMs)
    },
  }
}
