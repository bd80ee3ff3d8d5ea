import type { StoreInspector, StoreNodeFacts } from '../../ports/index.ts'
import { type Check, createCheck, type Shortfall, unless } from '../finding.ts'

/** Scripts use what came with it. */
const LEAST_VERSION = 7
/** Past it there is little left until uploads are refused. */
const MAX_MEMORY_SHARE = 0.85

/** Redis as the job store needs it: never evicting, never bringing back an old state. */
export function redisCheck(store: StoreInspector): Check {
  return createCheck({
    name: 'redis',
    must: 'Redis answers',
    mend: 'see REDIS_URL (host, password, TLS by rediss://), REDIS_CLUSTER, and that this runs in its network',
    inspect: () => store.nodes(),
    judge: (nodes) => ({
      found: nodes.map(inWords).join('; '),
      shortfalls: nodes.flatMap(shortfallsOf),
    }),
  })
}

function shortfallsOf(facts: StoreNodeFacts): Shortfall[] {
  const { node, version, evictionPolicy, role } = facts
  const { maxMemoryBytes, usedMemoryBytes, isAppendOnly, snapshotRules } = facts
  return unless(
    [
      Number.parseInt(version, 10) >= LEAST_VERSION,
      {
        code: 'redis_version',
        must: `Redis ${LEAST_VERSION}.0 or later`,
        mend: 'terraform apply (redis_version), or upgrade it; jobs come back from their manifests',
      },
    ],
    [
      evictionPolicy === 'noeviction',
      {
        code: 'redis_evicts',
        must: 'maxmemory-policy is noeviction: an evicted record is a job whose state is lost in silence',
        mend: 'terraform apply (redis_configs), or CONFIG SET maxmemory-policy noeviction',
      },
    ],
    [
      role === 'master',
      {
        code: 'redis_replica',
        must: `${node} is a primary: a replica takes no writes`,
        mend: 'set REDIS_URL to the primary endpoint',
      },
    ],
    [
      maxMemoryBytes === 0 || usedMemoryBytes <= maxMemoryBytes * MAX_MEMORY_SHARE,
      {
        code: 'redis_memory',
        must: `less than ${MAX_MEMORY_SHARE * 100} % of its memory is used: a full store refuses uploads`,
        mend: 'raise redis_memory_gb, or lower TERMINAL_RETENTION_HOURS',
      },
    ],
    [
      isAppendOnly || !snapshotRules,
      {
        code: 'redis_snapshots',
        must: 'no snapshots without an append-only file: a store that comes back an hour old lies, an empty one is known to be empty',
        mend: 'terraform apply (persistence_config DISABLED), or CONFIG SET save ""',
      },
    ],
  )
}

function inWords(facts: StoreNodeFacts): string {
  const { isAppendOnly, snapshotRules } = facts
  const snapshots = snapshotRules ? `snapshots ${snapshotRules}` : 'nothing kept'
  return `${facts.version}, ${facts.evictionPolicy}, ${facts.role}, ${isAppendOnly ? 'append-only file' : snapshots}`
}
