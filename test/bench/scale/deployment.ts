import * as z from 'zod'
import { readEnv, toConfig } from '../../../src/config/index.ts'
import { readSharedNumbers, readTerraform } from '../../unit/infra/terraform.ts'
import type { QueueSettings } from './model/dispatch-queue.ts'
import type { FleetSettings } from './model/fleet.ts'

/** The numbers that decide how much passes through one deployment, and how many of them there are. */
export interface Deployment {
  /** Deployments side by side, users divided among them. */
  readonly stamps: number
  readonly minInstances: number
  readonly maxInstances: number
  readonly concurrency: number
  readonly vcpus: number
  readonly memoryGib: number
  /** Addresses of the service's subnet; an instance takes two. */
  readonly subnetAddresses: number
  readonly freshShare: number
  /** Runs at once for each call that the provider takes at once. */
  readonly runsPerCall: { readonly fresh: number; readonly backfill: number }
  readonly freshPerSecond: number
  readonly backfillShare: number
  readonly backfillPerSecond: number
  readonly redisMemoryGb: number
  readonly redisNodes: number
  readonly retentionHours: number
  /** Calls the speech-to-text provider takes at once; its contract says. */
  readonly providerConcurrent: number
  /** What the data bucket takes before it has spread its names over more servers. */
  readonly bucketWritesPerSecond: number
  readonly userSlots: number
  readonly slotSnoozeMs: number
  readonly maxParallelSegments: number
  /** Looks recovery takes in a minute. */
  readonly recoveryLooksPerMinute: number
  readonly firstLookMs: number
  readonly longestLookMs: number
  readonly retry: QueueSettings['retry']
}

/** cloud.google.com/storage/docs/request-rate */
const BUCKET_WRITES_PER_SECOND = 1_000
const SHARDS = 64
/** Assumed; the service's own part is `npm run bench` G1. */
const START_MS = 4_000
const STARTS_PER_SECOND = 10

const numbersSchema = z.object({
  min_instances: z.number(),
  max_instances: z.number(),
  concurrency: z.number(),
  fresh_share: z.number(),
  backfill_share: z.number(),
  redis_memory_gb: z.number(),
  provider_concurrent: z.number(),
})
const laneSchema = z.object({ per_second: z.number() })
const runsSchema = z.object({ fresh: z.number(), backfill: z.number() })
const lanesSchema = z.object({ fresh: laneSchema, backfill: laneSchema })

/** What `infra/terraform` makes by default, with the service's own defaults. */
export async function deployedByDefault(): Promise<Deployment> {
  const terraform = await readTerraform()
  const given = numbersSchema.parse(terraform.defaults)
  const lanes = lanesSchema.parse(terraform.locals['lanes'])
  const shared = readSharedNumbers()
  const config = serviceDefaults()
  return {
    stamps: 1,
    minInstances: given.min_instances,
    maxInstances: given.max_instances,
    concurrency: given.concurrency,
    vcpus: numberIn(terraform.text, /limits = \{ cpu = "(\d+)"/),
    memoryGib: numberIn(terraform.text, /limits = \{ cpu = "\d+", memory = "(\d+)Gi"/),
    subnetAddresses: 2 ** (32 - numberIn(terraform.text, /ip_cidr_range\s*=\s*"[\d.]+\/(\d+)"/)),
    freshShare: given.fresh_share,
    runsPerCall: runsSchema.parse(terraform.locals['runs_per_call']),
    freshPerSecond: lanes.fresh.per_second,
    backfillShare: given.backfill_share,
    backfillPerSecond: lanes.backfill.per_second,
    redisMemoryGb: given.redis_memory_gb,
    redisNodes: 1,
    retentionHours: config.recovery.terminalRetentionMs / 3_600_000,
    providerConcurrent: given.provider_concurrent,
    bucketWritesPerSecond: BUCKET_WRITES_PER_SECOND,
    userSlots: config.fairUse.userMaxRunningJobs,
    slotSnoozeMs: config.fairUse.slotSnoozeMs,
    maxParallelSegments: config.stt.maxParallelSegments,
    recoveryLooksPerMinute: config.recovery.batchSize * SHARDS,
    firstLookMs: config.recovery.queuedProbeAfterMs,
    longestLookMs: config.recovery.probeMaxMs,
    retry: {
      maxAttempts: shared['SYNC_TASKS_MAX_ATTEMPTS'] ?? 0,
      minBackoffMs: (shared['SYNC_TASKS_MIN_BACKOFF_SECONDS'] ?? 0) * 1_000,
      maxBackoffMs: (shared['SYNC_TASKS_MAX_BACKOFF_SECONDS'] ?? 0) * 1_000,
      maxDoublings: shared['SYNC_TASKS_MAX_DOUBLINGS'] ?? 0,
    },
  }
}

/** Requests the instances take at once. */
export function placesOf({ maxInstances, concurrency }: Deployment): number {
  return maxInstances * concurrency
}

/** As `numbers.tf` works it out. */
export function queueOf(deployment: Deployment, lane: 'fresh' | 'backfill'): QueueSettings {
  const isFresh = lane === 'fresh'
  const places = placesOf(deployment) * (isFresh ? deployment.freshShare : deployment.backfillShare)
  const calls = deployment.providerConcurrent * deployment.runsPerCall[lane]
  return {
    perSecond: isFresh ? deployment.freshPerSecond : deployment.backfillPerSecond,
    concurrent: Math.floor(Math.min(places, calls)),
    retry: deployment.retry,
  }
}

export function fleetOf(deployment: Deployment): FleetSettings {
  return {
    ...deployment,
    // COMPUTE_WORKERS=0: one thread less than there are cores, at least one.
    computeWorkers: Math.max(1, deployment.vcpus - 1),
    startMs: START_MS,
    startsPerSecond: STARTS_PER_SECOND,
  }
}

function serviceDefaults() {
  const env = readEnv({
    REDIS_URL: 'redis://127.0.0.1:6379',
    GCS_STAGING_BUCKET: 'staging',
    GCS_DATA_BUCKET: 'data',
    SYNC_ID_SECRET: 'x'.repeat(32),
    STT_PROVIDER: 'spans',
    FIREBASE_PROJECT: 'model-project',
  })
  return toConfig(env)
}

function numberIn(text: string, pattern: RegExp): number {
  return z.coerce.number().parse(pattern.exec(text)?.[1])
}
