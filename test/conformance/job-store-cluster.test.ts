import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  connectRedis,
  createClusterClient,
  createRedisClient,
  createRedisEnrichmentStore,
  createRedisJobStore,
  createRedisSpeechMeter,
  isRedisReady,
  type RedisClient,
} from '../../src/adapters/redis/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { shardOfJob } from '../../src/kernel/index.ts'
import { freePort } from '../../src/local/stack/free-port.ts'
import { startRedisForTests } from '../support/redis.ts'
import { redisClusterForTests } from '../support/redis-cluster.ts'
import { enrichmentStoreContract } from './enrichment-store.contract.ts'
import { aJob, created } from './job-store/fixtures.ts'
import { LONG_RETENTION, type MakeJobStore } from './job-store/harness.ts'
import { jobStoreContract } from './job-store.contract.ts'
import { speechMeterContract } from './speech-meter.contract.ts'

const SCRIPTS = new URL('../../src/adapters/redis/scripts/', import.meta.url)

const cluster = redisClusterForTests()
const clock = systemClock()
const errors: Error[] = []
const ran = new Set<string>()
let client: RedisClient | undefined

beforeAll(async () => {
  client = createClusterClient(cluster.url, {
    commandTimeoutMs: 5_000,
    onError: (error) => void errors.push(error),
  })
  await connectRedis(client)
})
afterAll(() => {
  client?.disconnect()
  if (errors.length > 0) throw new AggregateError(errors, 'the client met errors')
})

/**
 * A script that names its dialect may touch keys of one slot only, even where its node has others too;
 * without the name a node would let it reach whatever it happens to hold.
 */
function strict(redis: RedisClient): RedisClient {
  const evaluate = (text: string, keys: number, ...args: (string | number)[]) =>
    redis.eval(`#!lua\n${text}`, keys, ...args)
  return Object.assign(Object.create(redis), { eval: evaluate })
}

function parts() {
  if (!client) throw new Error('the cluster is connected in beforeAll')
  const probe = (step: string) => void ran.add(step.replace(/^script\./, ''))
  return { redis: strict(client), clock, probe }
}

const now = async () => {
  const [seconds, micros] = (await cluster.masters[0]?.time()) ?? []
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
}
const lapse = async (ms: number) => {
  const until = (await now()) + ms
  while ((await now()) < until) await clock.sleep(2)
}
const make: MakeJobStore = async (retention) => ({
  store: createRedisJobStore({ ...parts(), ...LONG_RETENTION, ...retention }),
  ...{ now, lapse },
})

jobStoreContract('the job store on a Redis cluster', make)
enrichmentStoreContract('the enrichment store on a Redis cluster', async () => ({
  store: createRedisEnrichmentStore(parts()),
  ...{ now, lapse },
}))
speechMeterContract('the speech meter on a Redis cluster', async (retentionMs) => ({
  meter: createRedisSpeechMeter({ ...parts(), retentionMs }),
  now,
}))

describe('a Redis cluster', () => {
  it('has run every script there is, each in one slot', () => {
    const written = readdirSync(SCRIPTS).map((file) => file.replace(/\.lua$/, ''))
    expect([...ran].sort()).toEqual(written.filter((name) => !name.endsWith('prelude')).sort())
  })

  it('refuses a script that reaches into a second slot', async () => {
    // The two shards lie on one master.
    const reach = "return redis.call('GET', ARGV[1])"
    const { redis } = parts()
    await expect(redis.eval(reach, 1, 'sd:{00}:a', 'sd:{00}:b')).resolves.toBeNull()
    await expect(redis.eval(reach, 1, 'sd:{00}:a', 'sd:{04}:b')).rejects.toThrow(/same slot/)
  })

  it('spreads users over every master', async () => {
    const { store } = await make()
    for (let job = 0; job < 40; job += 1) await created(store)
    const sizes = await Promise.all(cluster.masters.map((master) => master.dbsize()))
    for (const size of sizes) expect(size).toBeGreaterThan(0)
  })

  it('serves a burst again after each master dropped its connections', async () => {
    const { store } = await make()
    const jobs = await Promise.all(Array.from({ length: 40 }, () => created(store)))
    for (const master of cluster.masters) await master.call('CLIENT', 'KILL', 'SKIPME', 'yes')
    const burst = () => Promise.allSettled(jobs.map(({ jobId }) => store.read(jobId)))
    await expect
      .poll(async () => (await burst()).map((read) => 'value' in read && read.value?.jobId), {
        timeout: 5_000,
      })
      .toEqual(jobs.map(({ jobId }) => jobId))
  })

  it('follows a slot that moved to another master', async () => {
    const { store } = await make()
    const job = aJob()
    const key = `sd:{${String(shardOfJob(job.jobId)).padStart(2, '0')}}:job`
    const to = await cluster.moveEmptySlotOf(key)
    await store.create(job)
    expect(await store.read(job.jobId)).toMatchObject({ jobId: job.jobId })
    const sizes = await Promise.all(cluster.masters.map((master) => master.dbsize()))
    expect(sizes.map((size) => size > 0)).toEqual(cluster.masters.map((master) => master === to))
  })
  it('is ready only while every master is connected', async () => {
    if (!client) throw new Error('the cluster is connected in beforeAll')
    expect(isRedisReady(client)).toBe(true)
    const [node] = 'nodes' in client ? client.nodes('master') : []
    if (!node) throw new Error('the cluster has no master')
    const gone = once(node, 'close')
    node.disconnect(true)
    await gone
    expect(isRedisReady(client)).toBe(false)
    await expect.poll(() => client && isRedisReady(client), { timeout: 5_000 }).toBe(true)
  })

  it('is waited for by a start while some of its slots have no master', async () => {
    const bus = await freePort(0, clock)
    await using server = await startRedisForTests({
      extraArgs: [
        ...['--cluster-enabled', 'yes', '--cluster-port', String(bus)],
        // A node learns its address when it is met, which this one never is.
        ...['--cluster-announce-ip', '127.0.0.1'],
      ],
    })
    const lone = createClusterClient(server.url, {
      commandTimeoutMs: 5_000,
      onError: () => undefined,
    })
    const node = createRedisClient(server.url, {
      commandTimeoutMs: 5_000,
      onError: () => undefined,
    })
    await connectRedis(node)
    await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '8191')
    const refused = once(lone, 'reconnecting')
    const start = connectRedis(lone)
    await refused
    await node.call('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383')
    await start
    expect(lone.status).toBe('ready')
    lone.disconnect()
    node.disconnect()
  })
})
