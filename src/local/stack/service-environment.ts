import { SECOND_MS } from '../../kernel/index.ts'

/** What the queue, the buckets and the accounts of a local stack are called. */
export const LOCAL_NAMES = {
  project: 'sync-local',
  location: 'local-1',
  freshQueue: 'sync-fresh',
  backfillQueue: 'sync-backfill',
  stagingBucket: 'sync-staging',
  dataBucket: 'sync-data',
  invokerEmail: 'tasks-invoker@sync-local.iam.gserviceaccount.com',
} as const

/** Retries as the production queue makes them: 18, 36, 72, 144 s; the age of a task ends nothing. */
export const QUEUE_RETRIES = {
  maxAttempts: 5,
  minBackoffMs: 18 * SECOND_MS,
  maxBackoffMs: 300 * SECOND_MS,
  maxDoublings: 4,
  maxRetryDurationMs: 0,
  logSamplingRatio: 1,
} as const

/** One instance of the greatest concurrency, of which the queues may fill 70 %. */
const CAPACITY = { SERVICE_MAX_INSTANCES: '1', SERVICE_CONCURRENCY: '1000' }
export const QUEUE_RATES: Readonly<Record<string, { readonly maxConcurrentDispatches: number }>> = {
  [LOCAL_NAMES.freshQueue]: { maxConcurrentDispatches: 500 },
  [LOCAL_NAMES.backfillQueue]: { maxConcurrentDispatches: 200 },
}

export interface ServiceParties {
  readonly api: string
  readonly mode: 'inline' | 'cloud_tasks'
  readonly redisUrl: string
  readonly gcsEndpoint: string
  readonly tasks: { readonly host: string; readonly port: number }
  readonly certsUrl: string
  readonly firebaseCertsUrl: string
  readonly idSecret: string
  readonly recoveryIntervalMs: number
  /** Of the speech-to-text, then whatever the caller sets on top. */
  readonly settings: readonly Readonly<Record<string, string>>[]
}

/**
 * The service's whole environment: nothing of the launcher's own but PATH and HOME, so that a stack
 * behaves the same whatever the shell has set.
 */
export function serviceEnvironment(
  parties: ServiceParties,
  ambient: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const { api, tasks } = parties
  const names = LOCAL_NAMES
  return {
    ...pick(ambient, ['PATH', 'HOME', 'TMPDIR', 'TZ']),
    // Google's clients would ask the machine who it is.
    METADATA_SERVER_DETECTION: 'none',
    HOST: '127.0.0.1',
    PORT: new URL(api).port,
    ...CAPACITY,
    SYNC_PUBLIC_URL: api,
    SYNC_DISPATCH_MODE: parties.mode,
    SYNC_TASKS_PROJECT: names.project,
    SYNC_TASKS_LOCATION: names.location,
    SYNC_TASKS_QUEUE: names.freshQueue,
    SYNC_TASKS_BACKFILL_QUEUE: names.backfillQueue,
    SYNC_TASKS_HANDLER_URL: `${api}/v2/sync-jobs/run`,
    SYNC_TASKS_OIDC_AUDIENCE: api,
    SYNC_TASKS_INVOKER_SA: names.invokerEmail,
    SYNC_TASKS_MAX_ATTEMPTS: String(QUEUE_RETRIES.maxAttempts),
    SYNC_TASKS_MIN_BACKOFF_SECONDS: String(QUEUE_RETRIES.minBackoffMs / SECOND_MS),
    SYNC_TASKS_API_HOST: tasks.host,
    SYNC_TASKS_API_PORT: String(tasks.port),
    SYNC_TASKS_API_PLAINTEXT: 'true',
    REDIS_URL: parties.redisUrl,
    GCS_STAGING_BUCKET: names.stagingBucket,
    GCS_DATA_BUCKET: names.dataBucket,
    GCS_PROJECT: names.project,
    GCS_API_ENDPOINT: parties.gcsEndpoint,
    OIDC_CERTS_URL: parties.certsUrl,
    FIREBASE_PROJECT: names.project,
    FIREBASE_CERTS_URL: parties.firebaseCertsUrl,
    SYNC_DEV_IDENTITY: 'true',
    SYNC_ID_SECRET: parties.idSecret,
    // The whole stack shares one machine: a late event loop is no sign of too many requests.
    ADMISSION_MAX_LOOP_DELAY_MS: '10000',
    REAPER_SWEEP_INTERVAL_SECONDS: String(parties.recoveryIntervalMs / SECOND_MS),
    ...Object.assign({}, ...parties.settings),
  }
}

function pick(
  from: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = from[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
