import { createQueueInspector, createTasksClient } from '../adapters/cloud-tasks/index.ts'
import { createBucketInspector, createStorage } from '../adapters/gcs/index.ts'
import { createCertificateInspector } from '../adapters/google-auth/index.ts'
import { createCrc32c } from '../adapters/native-crc/index.ts'
import {
  createClusterClient,
  createRedisClient,
  createRedisInspector,
  createRedisJobStore,
} from '../adapters/redis/index.ts'
import type { Config } from '../config/index.ts'
import { type DoctorParties, listChecks } from '../doctor/index.ts'
import { DAY_MS } from '../kernel/index.ts'
import type { Clock } from '../ports/index.ts'

export interface DoctorOptions {
  readonly clock: Clock
  /** Base URL of the service, where it is not what the configuration says. */
  readonly url?: string | undefined
  /** A token of the invoker account; shown to the service when given. */
  readonly taskToken?: string | undefined
}

/** What the doctor looks at, by the configuration of the service itself. */
export function buildDoctor(config: Config, options: DoctorOptions) {
  const { clock } = options
  let complaint: Error | undefined
  const createClient = config.redis.isCluster ? createClusterClient : createRedisClient
  const redis = createClient(config.redis.url.reveal(), {
    commandTimeoutMs: config.redis.commandTimeoutMs,
    // Each question that meets it says so itself.
    onError: (error) => {
      complaint = error
    },
  })
  const recovery = createRedisJobStore({
    ...config.recovery,
    redis,
    clock,
    probe: () => undefined,
    outcomeRetentionMs: 0,
  })
  const queues = inspectQueues(config, clock)
  const url = urlOf(config, options.url)
  return {
    url,
    checks: listChecks({
      clock,
      url,
      guardedPaths: guardedPaths(config),
      queues: queues.inspectors,
      queueDemands: config.dispatch,
      capacity: config.service.capacity,
      audience: config.tasks && {
        ...config.tasks,
        publicUrl: config.service.publicUrl,
        taskToken: options.taskToken,
      },
      ...inspectBuckets(config, clock),
      stagingRetentionDays: config.gcs.stagingRetentionMs / DAY_MS,
      store: createRedisInspector({ redis, clock, lastComplaint: () => complaint }),
      commandTimeoutMs: config.redis.commandTimeoutMs,
      maxSkewMs: config.claims.stopMarginMs,
      recovery,
      recoveryIntervalMs: config.recovery.sweepIntervalMs,
      certificates: inspectCertificates(config, clock),
      speech: speechOf(config, url),
    }),
    close: async () => {
      redis.disconnect()
      await queues.close()
    },
  }
}

/** Where the queue finds it; else where it says it is; else this machine. */
function urlOf(config: Config, given: string | undefined): string {
  if (given !== undefined) return given.replace(/\/+$/, '')
  const { tasks, service, http } = config
  if (tasks) return tasks.handlerUrl.replace(/\/v2\/sync-jobs\/run(?:$|[?#].*)/, '')
  return service.publicUrl ?? `http://127.0.0.1:${http.port}`
}

function guardedPaths({ enrichment }: Config): string[] {
  const kinds = ['run', ...(enrichment.provider.kind === 'none' ? [] : ['enrich']), 'reap']
  return kinds.map((kind) => `/v2/sync-jobs/${kind}`)
}

function inspectQueues({ tasks }: Config, clock: Clock) {
  if (!tasks) return { inspectors: [], close: async () => undefined }
  const { projectId, location, rpcTimeoutMs } = tasks
  const client = createTasksClient({ projectId, ...tasks.api })
  const ids = new Set([tasks.queue, tasks.backfillQueue ?? tasks.queue])
  return {
    inspectors: [...ids].map((queue) =>
      createQueueInspector({ client, project: projectId, location, queue, rpcTimeoutMs, clock }),
    ),
    close: () => client.close(),
  }
}

function inspectBuckets({ gcs }: Config, clock: Clock): Pick<DoctorParties, 'staging' | 'data'> {
  const { apiEndpoint, projectId, operationTimeoutMs } = gcs
  const storage = createStorage({ apiEndpoint, projectId, checksum: createCrc32c })
  const inspect = (bucket: string) =>
    createBucketInspector({ storage, bucket, operationTimeoutMs, clock })
  return { staging: inspect(gcs.stagingBucket), data: inspect(gcs.dataBucket) }
}

function inspectCertificates({ identity }: Config, clock: Clock): DoctorParties['certificates'] {
  const { oidc, firebase, certsTimeoutMs: timeoutMs } = identity
  const inspect = (url: string) => createCertificateInspector({ url, clock, timeoutMs })
  return {
    tasks: inspect(oidc.certsUrl),
    users: firebase.projectId === undefined ? undefined : inspect(firebase.certsUrl),
  }
}

function speechOf({ stt, identity }: Config, url: string): DoctorParties['speech'] {
  const { kind } = stt.provider
  return {
    provider: kind,
    baseUrl: kind === 'deepgram' || kind === 'openai' ? stt[kind].baseUrl : undefined,
    isDeployed: !identity.devIdentity && url.startsWith('https:'),
  }
}
