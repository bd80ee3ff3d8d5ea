import { LANGUAGE } from '../kernel/index.ts'
import type { VARIABLES, VariableName } from './env.ts'
import { FAIR_USE_READERS } from './fair-use-readers.ts'
import {
  flag,
  list,
  matching,
  oneOf,
  pairs,
  type Reader,
  redisUrl,
  seconds,
  secretPairs,
  secretText,
  share,
  text,
  trustedUrl,
  url,
  whole,
} from './value-types.ts'

const bucket = () => matching(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/, 'must be a bucket name')
const queue = () => matching(/^[A-Za-z0-9-]{1,100}$/, 'must be a queue id')
const project = () => matching(/^[a-z][a-z0-9:.-]{1,98}[a-z0-9]$/, 'must be a project id')
const timeoutMs = () => whole(100, 600_000)

/** How the text of each variable is read, and the range in which it makes sense alone. */
export const READERS = {
  PORT: whole(0, 65_535),
  HOST: matching(/^[A-Za-z0-9.:-]{1,253}$/, 'must be an address or a host name'),
  K_SERVICE: text(),
  K_REVISION: text(),
  SYNC_PUBLIC_URL: trustedUrl(),
  SERVICE_TIMEOUT_SECONDS: whole(60, 3_600, ', the most Cloud Run grants'),
  SERVICE_MAX_INSTANCES: whole(1, 1_000),
  SERVICE_CONCURRENCY: whole(1, 1_000, ', the most Cloud Run grants'),
  HTTP_REQUEST_TIMEOUT_SECONDS: seconds(1, 3_600),
  HTTP_SYNC_JOBS_RUN_TIMEOUT: whole(0, 3_600),
  SHUTDOWN_GRACE_SECONDS: whole(1, 9, ', since Cloud Run kills ten seconds after SIGTERM'),
  COMPUTE_WORKERS: whole(0, 64),

  SYNC_DISPATCH_MODE: oneOf(['inline', 'cloud_tasks']),
  SYNC_TASKS_PROJECT: project(),
  SYNC_TASKS_LOCATION: matching(/^[a-z0-9-]{1,60}$/, 'must be a region'),
  SYNC_TASKS_QUEUE: queue(),
  SYNC_TASKS_BACKFILL_QUEUE: queue(),
  SYNC_TASKS_HANDLER_URL: matching(/^https?:\/\/\S+$/, 'must be an http or https URL'),
  SYNC_TASKS_OIDC_AUDIENCE: text(),
  SYNC_TASKS_INVOKER_SA: matching(/^[^@\s]+@[^@\s]+$/, 'must be the email of a service account'),
  SYNC_TASKS_MAX_ATTEMPTS: whole(2, 100, ': a single attempt would be its own last word'),
  SYNC_TASKS_MIN_BACKOFF_SECONDS: seconds(1, 3_600),
  SYNC_TASKS_MAX_BACKOFF_SECONDS: seconds(1, 3_600),
  SYNC_TASKS_MAX_DOUBLINGS: whole(0, 16),
  SYNC_TASKS_DISPATCH_DEADLINE_SECONDS: whole(15, 1_800, ', the range Cloud Tasks grants'),
  SYNC_TASKS_RPC_TIMEOUT_MS: timeoutMs(),
  SYNC_TASKS_API_HOST: matching(/^[A-Za-z0-9.-]{1,253}$/, 'must be a host name without a port'),
  SYNC_TASKS_API_PORT: whole(1, 65_535),
  SYNC_TASKS_API_PLAINTEXT: flag(),

  REDIS_URL: redisUrl(),
  REDIS_CLUSTER: flag(),
  REDIS_COMMAND_TIMEOUT_MS: whole(50, 60_000),
  GCS_STAGING_BUCKET: bucket(),
  GCS_DATA_BUCKET: bucket(),
  STAGING_RETENTION_DAYS: whole(32, 365, ': a queue keeps a task for 31 days'),
  GCS_PROJECT: project(),
  GCS_API_ENDPOINT: url(),
  GCS_OPERATION_TIMEOUT_MS: timeoutMs(),
  GCS_READ_IDLE_TIMEOUT_MS: timeoutMs(),

  OIDC_CERTS_URL: trustedUrl(),
  OIDC_EXTRA_ISSUERS: list(),
  OPERATOR_EMAILS: list(),
  OPERATOR_AUDIENCE: text(),
  FIREBASE_PROJECT: project(),
  FIREBASE_CERTS_URL: trustedUrl(),
  FIREBASE_EXTRA_ISSUERS: list(),
  CERTS_TIMEOUT_MS: whole(100, 60_000),
  SYNC_DEV_IDENTITY: flag(),
  SYNC_ID_SECRET: secretText(32),

  STT_PROVIDER: oneOf(['deepgram', 'openai', 'offline', 'spans']),
  DEEPGRAM_API_KEY: secretText(),
  DEEPGRAM_BASE_URL: url(),
  DEEPGRAM_MODEL: text(),
  OPENAI_API_KEY: secretText(),
  OPENAI_BASE_URL: url(),
  STT_OPENAI_MODEL: text(),
  STT_OFFLINE_COMMAND: text(),
  STT_OFFLINE_LIBRARY_PATH: text(),
  STT_OFFLINE_MODEL_DIR: text(),
  STT_LANGUAGE: matching(LANGUAGE, 'must be a BCP-47 language'),
  STT_TIMEOUT_SECONDS: seconds(1, 1_800),
  STT_DEFAULT_WAIT_SECONDS: seconds(1, 3_600),
  STT_MAX_PARALLEL_SEGMENTS: whole(1, 64),

  ENRICHMENT_PROVIDER: oneOf(['offline', 'openai', 'none']),
  ENRICHMENT_API_KEY: secretText(),
  ENRICHMENT_BASE_URL: url(),
  ENRICHMENT_MODEL: text(),
  ENRICHMENT_TIMEOUT_SECONDS: seconds(1, 600),
  ENRICHMENT_BUDGET_SECONDS: seconds(1, 1_500),
  ENRICHMENT_MAX_ATTEMPTS: whole(1, 100),
  ENRICHMENT_GIVE_UP_HOURS: whole(1, 720),
  ENRICHMENT_MAX_INPUT_CHARACTERS: whole(1_000, 1_000_000),
  ENRICHMENT_FILLER_MAX_WORDS: whole(0, 1_000),
  ENRICHMENT_FILLER_MAX_SECONDS: seconds(0, 3_600),
  ENRICHMENT_SWEEP_DAYS: whole(1, 365),

  UPLOAD_MAX_FILES: whole(1, 1_000),
  UPLOAD_MAX_BYTES: whole(1_024, 33_554_431, ', under the 32 MiB at which Cloud Run cuts in'),
  UPLOAD_MAX_DECODED_BYTES: whole(32_000, 1_073_741_824),
  UPLOAD_MAX_DECODED_SECONDS: whole(1, 86_400),
  UPLOAD_MAX_FRAMES: whole(1, 100_000_000),
  UPLOAD_IDLE_TIMEOUT_MS: timeoutMs(),
  UPLOAD_MIN_BYTES_PER_SECOND: whole(0, 1_048_576),
  UPLOAD_BUFFER_BUDGET_BYTES: whole(65_536, 8_589_934_592),
  UPLOAD_BUFFERED_FILE_MAX_BYTES: whole(0, 33_554_431),
  IDEMPOTENCY_KEY_HOURS: whole(1, 720),
  SYNC_FRESH_HOURS: whole(1, 720),
  SYNC_LOOKBACK_DAYS: whole(1, 365),

  ADMISSION_MAX_UPLOADS: whole(1, 10_000),
  ADMISSION_MAX_DELIVERIES: whole(1, 1_000),
  ADMISSION_MAX_LOOP_DELAY_MS: whole(50, 60_000),
  ADMISSION_MAX_MEMORY_SHARE: share(),
  ADMISSION_RETRY_AFTER_SECONDS: seconds(1, 600),

  CLAIM_LEASE_SECONDS: seconds(1, 600),
  CLAIM_RENEW_SECONDS: seconds(0.1, 300),
  CLAIM_STOP_MARGIN_SECONDS: seconds(0.1, 60),
  CLAIM_UNANSWERED_ABORT_SECONDS: seconds(1, 600),

  RUN_BUDGET_SECONDS: seconds(1, 3_600),
  RUN_STALL_SECONDS: seconds(1, 3_600),
  MAX_FRUITLESS_ATTEMPTS: whole(1, 100),
  RUN_MAX_PARALLEL_FILES: whole(1, 64),
  MAX_LONE_DEATHS: whole(1, 20),
  FAILURE_THRESHOLD: share(),
  USER_MAX_RUNNING_JOBS: whole(0, 1_000),
  USER_SLOT_SNOOZE_SECONDS: seconds(0.1, 3_600),
  INLINE_MAX_RUNNING_JOBS: whole(1, 1_000),
  BYOK_MAX_WAIT_SECONDS: seconds(1, 86_400),
  CPU_ALWAYS_ON: flag(),

  ...FAIR_USE_READERS,

  MAX_REVIVALS: whole(0, 100),
  QUEUED_PROBE_AFTER_SECONDS: seconds(0.1, 3_600),
  QUEUED_PROBE_MAX_SECONDS: seconds(0.1, 86_400),
  REAPER_TIMEOUT_SECONDS: seconds(1, 604_800),
  REAPER_STALL_SECONDS: seconds(1, 86_400),
  REAPER_SWEEP_INTERVAL_SECONDS: seconds(0.1, 3_600),
  REAPER_PASS_LEASE_SECONDS: seconds(1, 600),
  REAPER_MANIFEST_SWEEP_SECONDS: seconds(1, 86_400),
  REAPER_MANIFEST_MIN_AGE_SECONDS: seconds(0.1, 86_400),
  REAPER_BLOB_MIN_AGE_SECONDS: seconds(1, 604_800),
  REAPER_SWEEP_PAGE_OBJECTS: whole(10, 100_000),
  REAPER_BATCH_SIZE: whole(1, 10_000),
  OUTCOME_RETENTION_DAYS: whole(1, 365),
  TERMINAL_RETENTION_HOURS: whole(1, 720),

  STATUS_POLL_AFTER_MS: whole(100, 600_000),
  STATUS_STREAM_INTERVAL_MS: whole(50, 60_000),
  STATUS_STREAM_HEARTBEAT_SECONDS: seconds(1, 600),

  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  LOG_RAW_UID: flag(),
  GOOGLE_CLOUD_PROJECT: project(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(),
  OTEL_EXPORTER_OTLP_HEADERS: secretPairs(),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf(['http/protobuf', 'http/json']),
  OTEL_EXPORTER_OTLP_TIMEOUT: timeoutMs(),
  OTEL_METRIC_EXPORT_INTERVAL: whole(500, 3_600_000),
  OTEL_SERVICE_NAME: text(),
  OTEL_RESOURCE_ATTRIBUTES: pairs(),
  OTEL_TRACES_SAMPLER: oneOf([
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
  ]),
  OTEL_TRACES_SAMPLER_ARG: share(),
} as const satisfies Record<VariableName, Reader<unknown>>

type Read<N extends VariableName> = NonNullable<ReturnType<(typeof READERS)[N]['read']>>

/** Every variable read; undefined only where it has neither a default nor must be set. */
export type Settings = {
  readonly [N in VariableName]: (typeof VARIABLES)[N] extends
    | { readonly default: string }
    | { readonly required: true }
    ? Read<N>
    : Read<N> | undefined
}
