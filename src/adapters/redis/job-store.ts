import type { RepeatFailureLimits } from '../../kernel/index.ts'
import type { Clock, JobStore, Probe } from '../../ports/index.ts'
import { createClaims } from './claims.ts'
import { createHolderWrites } from './holder-writes.ts'
import { createIdempotencyKeys } from './idempotency-keys.ts'
import { createJobIndex } from './job-index.ts'
import { keys } from './keys.ts'
import { createEnrichmentNotes } from './note-enrichment.ts'
import { createOverrideWrites } from './override-writes.ts'
import { createReads } from './reads.ts'
import { createRecoveryWrites } from './recovery-writes.ts'
import type { RedisClient } from './redis-client.ts'
import { createReleases } from './releases.ts'
import { createScriptRunner } from './script-runner.ts'

export interface RedisJobStoreDeps {
  readonly redis: RedisClient
  readonly clock: Clock
  readonly probe: Probe
  /** How long a settled job's record answers before its outcome object does. */
  readonly terminalRetentionMs: number
  /** How long the outcome object of a completed content answers for a second upload of it. */
  readonly outcomeRetentionMs: number
  /** Absent: no content is ever paused. */
  readonly repeatFailures?: RepeatFailureLimits
  /** Whether a job that ends with conversations owes their summaries. Default false. */
  readonly enriches?: boolean
}

/** The job store on Redis: every method is one Lua script on one shard, in one round trip. */
export function createRedisJobStore(deps: RedisJobStoreDeps): JobStore {
  const scripts = createScriptRunner(deps)
  return {
    ...createReads(deps.redis, scripts),
    ...createJobIndex(deps.redis, scripts),
    ...createIdempotencyKeys(deps.redis, scripts),
    ...createClaims(scripts),
    ...createHolderWrites(scripts),
    ...createReleases(scripts),
    ...createEnrichmentNotes(scripts),
    ...createOverrideWrites(scripts, deps),
    ...createRecoveryWrites(deps.redis, scripts),
    note: async (jobId, name, facts) => {
      const fields = Object.entries(facts).flat()
      await scripts.run('note', keys.job(jobId), [jobId, name, ...fields])
    },
  }
}
