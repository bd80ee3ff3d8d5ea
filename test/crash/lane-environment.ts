/** Names and times of a lane. The times are the defaults made small, their order kept. */
export const LANE = {
  project: 'crash-test',
  location: 'local-1',
  queue: 'fresh',
  stagingBucket: 'crash-staging',
  dataBucket: 'crash-data',
  invokerEmail: 'tasks-invoker@crash-test.iam.gserviceaccount.com',
  idSecret: 'the id secret of the crash tests, long enough',
  /** The queue keeps spans of a second and more in whole seconds. */
  minBackoffMs: 1_000,
  recoveryEveryMs: 1_000,
} as const

export type LaneMode = 'cloud_tasks' | 'inline'

export function laneEnvironment(
  parties: {
    readonly api: string
    readonly mode: LaneMode
    readonly redisUrl: string
    readonly gcsEndpoint: string
    readonly tasks: { readonly host: string; readonly port: number }
    readonly certsUrl: string
    readonly compileCache: string
    readonly settings?: Readonly<Record<string, string>> | undefined
  },
  ambient: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const { api, tasks } = parties
  return {
    PATH: ambient['PATH'] ?? '',
    HOME: ambient['HOME'] ?? '',
    // Every cell starts a process: what is compiled once is compiled for all.
    NODE_COMPILE_CACHE: parties.compileCache,
    METADATA_SERVER_DETECTION: 'none',
    HOST: '127.0.0.1',
    PORT: new URL(api).port,
    SYNC_DISPATCH_MODE: parties.mode,
    SYNC_TASKS_PROJECT: LANE.project,
    SYNC_TASKS_LOCATION: LANE.location,
    SYNC_TASKS_QUEUE: LANE.queue,
    SYNC_TASKS_HANDLER_URL: `${api}/v2/sync-jobs/run`,
    SYNC_TASKS_OIDC_AUDIENCE: api,
    SYNC_TASKS_INVOKER_SA: LANE.invokerEmail,
    SYNC_TASKS_MIN_BACKOFF_SECONDS: '1.1',
    SYNC_TASKS_API_HOST: tasks.host,
    SYNC_TASKS_API_PORT: String(tasks.port),
    SYNC_TASKS_API_PLAINTEXT: 'true',
    SYNC_TASKS_RPC_TIMEOUT_MS: '3000',
    REDIS_URL: parties.redisUrl,
    REDIS_COMMAND_TIMEOUT_MS: '400',
    GCS_STAGING_BUCKET: LANE.stagingBucket,
    GCS_DATA_BUCKET: LANE.dataBucket,
    GCS_PROJECT: LANE.project,
    GCS_API_ENDPOINT: parties.gcsEndpoint,
    OIDC_CERTS_URL: parties.certsUrl,
    SYNC_DEV_IDENTITY: 'true',
    SYNC_ID_SECRET: LANE.idSecret,
    CLAIM_LEASE_SECONDS: '1',
    CLAIM_RENEW_SECONDS: '0.4',
    CLAIM_STOP_MARGIN_SECONDS: '0.1',
    CLAIM_UNANSWERED_ABORT_SECONDS: '4',
    QUEUED_PROBE_AFTER_SECONDS: '1',
    // A pass that dies holds its shards for this long.
    REAPER_PASS_LEASE_SECONDS: '1',
    // Replaced by the harness's own; named because one must be.
    STT_PROVIDER: 'spans',
    STT_MAX_PARALLEL_SEGMENTS: '2',
    FAIR_USE_ENABLED: 'true',
    // The second stage runs after a job's end, in its own time: beside the paths that are counted.
    ENRICHMENT_PROVIDER: 'none',
    COMPUTE_WORKERS: '1',
    ADMISSION_MAX_LOOP_DELAY_MS: '10000',
    LOG_LEVEL: 'info',
    ...parties.settings,
  }
}
