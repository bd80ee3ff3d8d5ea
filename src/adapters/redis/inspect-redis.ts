import { Cluster, type Redis } from 'ioredis'
import type { Clock, StoreInspector, StoreNodeFacts } from '../../ports/index.ts'
import { connectRedis, type RedisClient } from './redis-client.ts'

/** Connects at the first question. INFO alone is asked for where a managed Redis forbids CONFIG. */
export function createRedisInspector({
  redis,
  clock,
  lastComplaint,
}: {
  readonly redis: RedisClient
  readonly clock: Clock
  /** What the client said last of its connection; its commands say only that it is closed. */
  readonly lastComplaint: () => Error | undefined
}): StoreInspector {
  let connecting: Promise<void> | undefined
  const nodes = async (): Promise<readonly Redis[]> => {
    connecting ??= connectRedis(redis).catch((error: unknown) => {
      throw new Error('Redis cannot be reached', { cause: lastComplaint() ?? error })
    })
    await connecting
    return redis instanceof Cluster ? redis.nodes('master') : [redis]
  }
  return {
    nodes: async () => Promise.all((await nodes()).map(factsOf)),
    roundTripMs: async () => {
      const all = await nodes()
      const startedMs = clock.monotonicMs()
      await Promise.all(all.map((node) => node.ping()))
      return clock.monotonicMs() - startedMs
    },
    now: async () => {
      const [first] = await nodes()
      if (first === undefined) throw new Error('the cluster has no master')
      const [seconds, micros] = await first.time()
      return Number(seconds) * 1_000 + Number(micros) / 1_000
    },
  }
}

async function factsOf(node: Redis): Promise<StoreNodeFacts> {
  const info = fieldsOf(await node.info())
  // Not every kind of Redis lets its clients read the configuration; what it then does is not known.
  const save = await node.config('GET', 'save').catch(() => undefined)
  return {
    node: `${node.options.host}:${node.options.port}`,
    version: info['redis_version'] ?? '',
    role: info['role'] ?? '',
    evictionPolicy: info['maxmemory_policy'] ?? '',
    maxMemoryBytes: Number(info['maxmemory'] ?? 0),
    usedMemoryBytes: Number(info['used_memory'] ?? 0),
    isAppendOnly: info['aof_enabled'] === '1',
    snapshotRules: Array.isArray(save) ? String(save[1] ?? '') : undefined,
  }
}

/** `name:value` lines under `# Section` headings. */
function fieldsOf(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = /^(\w+):(.*)$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(lines)
}
