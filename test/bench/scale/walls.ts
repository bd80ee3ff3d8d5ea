import { type Deployment, fleetOf, placesOf } from './deployment.ts'
import { computeMsOf, runMsOf, sttMsOf, type Workload } from './workload.ts'

/** Where throughput ends: what runs out, at how many uploads a minute, and what moves it. */
export interface Wall {
  readonly name: string
  /** What to set, and where. */
  readonly setting: string
  /** Uploads a minute that one deployment takes before this is spent. */
  readonly perMinute: (deployment: Deployment, workload: Workload) => number
  /** The setting, as it stands. */
  readonly read: (deployment: Deployment) => number
  /** The same deployment with another value of it. */
  readonly write: (deployment: Deployment, value: number) => Deployment
  /** The platform's own limit of that setting; beyond it only another deployment helps. */
  readonly most: number
}

/** Nothing is planned fuller than this: queues before full resources grow without end. */
export const HEADROOM = 0.7
const MINUTE_S = 60
const GB = 1e9
/** Sources: quotas of Cloud Tasks, Cloud Run, Memorystore and Cloud Storage. */
const MOST = {
  dispatchesPerSecond: 500,
  concurrentDispatches: 5_000,
  instances: 1_000,
  concurrency: 1_000,
  addresses: 4_096,
  redisGb: 300,
  redisNodes: 50,
} as const

const perMinute = (perSecond: number) => perSecond * MINUTE_S
const deliveriesOf = (workload: Workload) => 1 + workload.enrichmentTasksPerJob
/** Seconds in which a job holds a place of the queue. */
const heldSecondsOf = (workload: Workload) =>
  (runMsOf(workload) + workload.enrichmentTasksPerJob * workload.enrichmentMs) / 1_000

function totalGb({ redisMemoryGb, redisNodes }: Deployment): number {
  return redisMemoryGb * redisNodes
}

export const WALLS: readonly Wall[] = [
  {
    name: 'Redis memory',
    setting: 'redis_memory_gb (or a lower TERMINAL_RETENTION_HOURS)',
    perMinute: ({ redisMemoryGb, redisNodes, retentionHours }, { redisBytesPerJob }) =>
      (redisMemoryGb * redisNodes * GB) / redisBytesPerJob / (retentionHours * 60),
    read: totalGb,
    write: (deployment, gb) => {
      const redisNodes = Math.max(deployment.redisNodes, Math.ceil(gb / MOST.redisGb))
      return { ...deployment, redisNodes, redisMemoryGb: Math.ceil(gb / redisNodes) }
    },
    most: MOST.redisGb * MOST.redisNodes,
  },
  {
    name: 'CPU of one Redis node',
    setting: 'masters of a Redis cluster (REDIS_CLUSTER=true)',
    perMinute: ({ redisNodes }, workload) => {
      const polls = (runMsOf(workload) / workload.pollIntervalMs) * workload.redisPollUs
      return perMinute((redisNodes * 1e6) / (workload.redisTrips * workload.redisTripUs + polls))
    },
    read: ({ redisNodes }) => redisNodes,
    write: (deployment, redisNodes) => {
      const redisMemoryGb = Math.ceil(totalGb(deployment) / redisNodes)
      return { ...deployment, redisNodes, redisMemoryGb }
    },
    most: MOST.redisNodes,
  },
  {
    name: 'calls at once of the speech-to-text provider',
    setting: "the provider's contract",
    perMinute: ({ providerConcurrent }, workload) =>
      perMinute(providerConcurrent / (workload.segments * (sttMsOf(workload) / 1_000))),
    read: ({ providerConcurrent }) => providerConcurrent,
    write: (deployment, providerConcurrent) => ({ ...deployment, providerConcurrent }),
    most: Number.POSITIVE_INFINITY,
  },
  {
    name: 'CPU of the instances',
    setting: 'max_instances',
    perMinute: (deployment, workload) => {
      const { decode, detect } = computeMsOf(workload)
      const { computeWorkers, vcpus, maxInstances } = fleetOf(deployment)
      const byThread = (computeWorkers * 1_000) / Math.max(decode, detect)
      const byCore = (vcpus * 1_000) / (decode + detect)
      return perMinute(maxInstances * Math.min(byThread, byCore))
    },
    read: ({ maxInstances }) => maxInstances,
    write: (deployment, maxInstances) => ({ ...deployment, maxInstances }),
    most: MOST.instances,
  },
  {
    name: 'addresses of the subnet',
    setting: 'ip_cidr_range in redis.tf (two addresses an instance)',
    perMinute: (deployment, workload) => {
      const cpu = wallNamed('CPU of the instances')
      const instances = Math.floor((deployment.subnetAddresses - RESERVED_ADDRESSES) / 2)
      return cpu.perMinute({ ...deployment, maxInstances: instances }, workload)
    },
    read: ({ subnetAddresses }) => subnetAddresses,
    write: (deployment, addresses) => {
      return { ...deployment, subnetAddresses: 2 ** Math.ceil(Math.log2(addresses)) }
    },
    most: MOST.addresses,
  },
  {
    name: "places of the instances, users' uploads included",
    setting: 'concurrency (or max_instances)',
    perMinute: (deployment, workload) =>
      perMinute(placesOf(deployment) / (heldSecondsOf(workload) + meanUploadSeconds(workload))),
    read: ({ concurrency }) => concurrency,
    write: (deployment, concurrency) => ({ ...deployment, concurrency }),
    most: MOST.concurrency,
  },
  {
    name: 'concurrent dispatches of the fresh queue',
    setting: 'fresh_share (or max_instances, concurrency)',
    perMinute: (deployment, workload) => {
      const places = placesOf(deployment) * deployment.freshShare
      return perMinute(Math.min(places, MOST.concurrentDispatches) / heldSecondsOf(workload))
    },
    read: ({ freshShare }) => freshShare,
    write: (deployment, freshShare) => ({ ...deployment, freshShare }),
    // The backfill lane keeps its tenth, users' own requests their three.
    most: 0.6,
  },
  {
    name: 'dispatches a second of the fresh queue',
    setting: 'per_second of the fresh lane in queues.tf',
    perMinute: ({ freshPerSecond }, workload) => perMinute(freshPerSecond / deliveriesOf(workload)),
    read: ({ freshPerSecond }) => freshPerSecond,
    write: (deployment, freshPerSecond) => ({ ...deployment, freshPerSecond }),
    most: MOST.dispatchesPerSecond,
  },
  {
    name: 'writes a second of the data bucket',
    setting: 'a slow rise: its names are hashes, and it doubles what it takes in some 20 minutes',
    perMinute: ({ bucketWritesPerSecond }, workload) =>
      perMinute(bucketWritesPerSecond / (workload.objectWrites - workload.stagingWrites)),
    read: ({ bucketWritesPerSecond }) => bucketWritesPerSecond,
    write: (deployment, bucketWritesPerSecond) => ({ ...deployment, bucketWritesPerSecond }),
    most: Number.POSITIVE_INFINITY,
  },
]

/** The platform keeps four addresses of every subnet. */
const RESERVED_ADDRESSES = 4

/** The mean of a log-normal is above its median. */
function meanUploadSeconds({ uploadMs, uploadSpread }: Workload): number {
  return (uploadMs * Math.exp(uploadSpread ** 2 / 2)) / 1_000
}

function wallNamed(name: string): Wall {
  const found = WALLS.find((wall) => wall.name === name)
  if (!found) throw new Error(`no wall is called ${name}`)
  return found
}

export interface Step {
  readonly wall: string
  /** Uploads a minute at which it is met, headroom kept. */
  readonly atPerMinute: number
  readonly setting: string
  readonly from: number
  readonly to: number
}

export interface Plan {
  readonly deployment: Deployment
  readonly steps: readonly Step[]
}

/** The wall that is met first by one deployment, and at how many uploads a minute, headroom kept. */
export function firstWall(
  deployment: Deployment,
  workload: Workload,
): { readonly wall: Wall; readonly perMinute: number } {
  const all = WALLS.map((wall) => {
    return { wall, perMinute: wall.perMinute(deployment, workload) * HEADROOM }
  })
  return all.reduce((first, one) => (one.perMinute < first.perMinute ? one : first))
}

/**
 * From wall to wall up to so many uploads a minute: the first one is moved, then there is another.
 * What the platform's own limits do not let one deployment do is divided among several, each planned
 * for its part.
 */
export function climb(from: Deployment, uploadsPerMinute: number, workload: Workload): Plan {
  const last = firstWall(atItsMost(from), workload)
  const stamps = Math.ceil(uploadsPerMinute / last.perMinute)
  const each = uploadsPerMinute / stamps
  const steps: Step[] = []
  let deployment: Deployment = from
  for (;;) {
    const { wall, perMinute: at } = firstWall(deployment, workload)
    if (at >= each) break
    const before = wall.read(deployment)
    deployment = wall.write(deployment, roundUp(before * (each / at)))
    const to = wall.read(deployment)
    steps.push({ wall: wall.name, atPerMinute: at, setting: wall.setting, from: before, to })
  }
  if (stamps > 1) {
    steps.push({
      wall: `${last.wall.name}, at the platform's limit`,
      atPerMinute: last.perMinute,
      setting: 'deployments side by side (name), users divided among them',
      from: 1,
      to: stamps,
    })
  }
  return { deployment: { ...deployment, stamps }, steps }
}

/** Every setting where the platform ends it. */
function atItsMost(deployment: Deployment): Deployment {
  return WALLS.reduce((all, wall) => {
    return wall.most === Number.POSITIVE_INFINITY
      ? wall.write(all, Number.MAX_SAFE_INTEGER)
      : wall.write(all, wall.most)
  }, deployment)
}

/** Shares keep two digits, counts are whole. */
function roundUp(value: number): number {
  return value < 1 ? Math.ceil(value * 100 - 1e-9) / 100 : Math.ceil(value - 1e-9)
}
