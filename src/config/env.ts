import { ENRICHMENT_VARIABLES } from './enrichment-variables.ts'
import { FAIR_USE_VARIABLES } from './fair-use-variables.ts'
import { RECOVERY_VARIABLES } from './recovery-variables.ts'
import { Secret } from './secrets.ts'
import {
  optional,
  optionalSecret,
  required,
  requiredSecret,
  setting,
  type Variable,
} from './variable.ts'

/** Every variable the service reads, named once. DEPLOY.md lists the same names. */
export const VARIABLES = {
  // The server
  PORT: setting('8080', 'TCP port to listen on; 0 takes any free one. Cloud Run sets it.'),
  HOST: setting('0.0.0.0', 'Address to listen on.'),
  K_SERVICE: optional('Name of the service; set by Cloud Run, never by hand.'),
  K_REVISION: optional('Name of the revision; set by Cloud Run, never by hand.'),
  SYNC_PUBLIC_URL: optional('Own base URL as callers see it; https unless on loopback.'),
  SERVICE_TIMEOUT_SECONDS: setting(
    '1800',
    'Request timeout set on the Cloud Run service, in seconds; the outermost limit.',
  ),
  HTTP_REQUEST_TIMEOUT_SECONDS: setting(
    '120',
    'Seconds for any route but worker, upload and event stream; then 503.',
  ),
  HTTP_SYNC_JOBS_RUN_TIMEOUT: setting(
    '1500',
    'Seconds until a worker request is aborted; 0 means no limit. Must outlast the run budget.',
  ),
  SHUTDOWN_GRACE_SECONDS: setting(
    '8',
    'Seconds from SIGTERM until runs are given back. Cloud Run kills at 10.',
  ),
  COMPUTE_WORKERS: setting(
    '0',
    'Threads for decoding and voice activity; 0 means one less than the CPUs, at least one.',
  ),

  // Dispatch and the queue
  SYNC_DISPATCH_MODE: setting(
    'inline',
    '`inline` works in the accepting process; `cloud_tasks` lets a queue push each job.',
  ),
  SYNC_TASKS_PROJECT: optional('Project of the queue. Required with cloud_tasks.'),
  SYNC_TASKS_LOCATION: optional('Region of the queue. Required with cloud_tasks.'),
  SYNC_TASKS_QUEUE: optional('Queue id; the fresh lane. Required with cloud_tasks.'),
  SYNC_TASKS_BACKFILL_QUEUE: optional('Queue id of the backfill lane; unset shares the queue.'),
  SYNC_TASKS_HANDLER_URL: optional(
    'Full URL the queue pushes to, ending in /v2/sync-jobs/run. Required with cloud_tasks.',
  ),
  SYNC_TASKS_OIDC_AUDIENCE: optional(
    'Audience of the tokens on task endpoints. Unset refuses every delivery.',
  ),
  SYNC_TASKS_INVOKER_SA: optional(
    'Service account the tokens are made out to. Unset refuses every delivery.',
  ),
  SYNC_TASKS_MAX_ATTEMPTS: setting(
    '5',
    "The queue's maxAttempts: by it the last delivery is known. Must equal the queue's.",
  ),
  SYNC_TASKS_MIN_BACKOFF_SECONDS: setting(
    '18',
    "The queue's minBackoff in seconds. A retry sooner than the lease burns attempts.",
  ),
  SYNC_TASKS_MAX_BACKOFF_SECONDS: setting(
    '300',
    "The queue's maxBackoff in seconds. Must equal the queue's: how long retries last hangs on it.",
  ),
  SYNC_TASKS_MAX_DOUBLINGS: setting('4', "The queue's maxDoublings. Must equal the queue's."),
  SYNC_TASKS_DISPATCH_DEADLINE_SECONDS: setting(
    '1560',
    'Seconds the queue waits for one delivery, at most 1800. Set on each task.',
  ),
  SYNC_TASKS_RPC_TIMEOUT_MS: setting(
    '10000',
    'Milliseconds for one call to the queue. Lower makes doubt; higher delays the 202.',
  ),
  SYNC_TASKS_API_HOST: optional('Host of a queue other than the real one.'),
  SYNC_TASKS_API_PORT: setting('443', 'Port of that host.'),
  SYNC_TASKS_API_PLAINTEXT: setting('false', 'Talk to that host without TLS.'),

  // Stores
  REDIS_URL: requiredSecret('redis:// or rediss:// URL of the job store, its password included.'),
  REDIS_CLUSTER: setting(
    'false',
    'REDIS_URL names one node of a Redis cluster; the others are learnt from it.',
  ),
  REDIS_COMMAND_TIMEOUT_MS: setting(
    '2000',
    'Milliseconds for one command. Lower fails on jitter; higher eats the trust window.',
  ),
  GCS_STAGING_BUCKET: required('Bucket of the staged audio and its manifests.'),
  GCS_DATA_BUCKET: required(
    'Bucket of plans, transcripts, outcomes, conversations and their summaries.',
  ),
  STAGING_RETENTION_DAYS: setting(
    '45',
    "Days of the staging bucket's lifecycle rule. Must outlast every retry of the oldest job.",
  ),
  GCS_PROJECT: optional('Project of the buckets, where the credentials name none.'),
  GCS_API_ENDPOINT: optional('Base URL of a store other than the real one.'),
  GCS_OPERATION_TIMEOUT_MS: setting(
    '30000',
    'Milliseconds for one small operation, its retries included.',
  ),
  GCS_READ_IDLE_TIMEOUT_MS: setting(
    '15000',
    'Milliseconds without a byte until a download counts as cut and is read again.',
  ),

  // Identity
  OIDC_CERTS_URL: setting(
    'https://www.googleapis.com/oauth2/v1/certs',
    'Certificates for tokens on task endpoints; https unless on loopback.',
  ),
  OIDC_EXTRA_ISSUERS: optional("Issuers accepted beside Google's own, separated by commas."),
  OPERATOR_EMAILS: optional(
    'Google accounts that may operate, separated by commas; unset: nobody.',
  ),
  OPERATOR_AUDIENCE: optional(
    "Audience of operators' tokens, e.g. an OAuth client id. Unset refuses every operator.",
  ),
  FIREBASE_PROJECT: optional('Firebase project of the users; required without SYNC_DEV_IDENTITY.'),
  FIREBASE_CERTS_URL: setting(
    'https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com',
    'Certificates for user tokens; https unless on loopback.',
  ),
  FIREBASE_EXTRA_ISSUERS: optional("Issuers accepted beside the project's, separated by commas."),
  CERTS_TIMEOUT_MS: setting('5000', 'Milliseconds for one fetch of certificates.'),
  SYNC_DEV_IDENTITY: setting(
    'false',
    "Take callers' word for who they are. Refused unless everything is on loopback.",
  ),
  SYNC_ID_SECRET: requiredSecret(
    'Key of all ids, 32 characters or more. Never changes: a new one forgets all landed work.',
  ),

  // Speech-to-text
  STT_PROVIDER: setting('deepgram', '`deepgram`, `openai`, `offline` or `spans` (no text).'),
  DEEPGRAM_API_KEY: optionalSecret('Required with STT_PROVIDER=deepgram.'),
  DEEPGRAM_BASE_URL: setting('https://api.deepgram.com', 'Base URL of Deepgram.'),
  DEEPGRAM_MODEL: setting('nova-3', 'Model asked of Deepgram.'),
  OPENAI_API_KEY: optionalSecret('Required with STT_PROVIDER=openai.'),
  OPENAI_BASE_URL: setting(
    'https://api.openai.com/v1',
    'Base URL of any server with /audio/transcriptions.',
  ),
  STT_OPENAI_MODEL: setting('whisper-1', 'Model asked of that server.'),
  STT_OFFLINE_COMMAND: setting('pocketsphinx_batch', 'Program of the offline provider.'),
  STT_OFFLINE_LIBRARY_PATH: optional('Folder of the shared libraries of that program.'),
  STT_OFFLINE_MODEL_DIR: optional('Folder of its model; unset takes the one it was built with.'),
  STT_LANGUAGE: optional('BCP-47 language of the speech; unset lets the provider detect it.'),
  STT_TIMEOUT_SECONDS: setting(
    '300',
    'Seconds for one segment. Lower fails long segments; higher hides a hung provider.',
  ),
  STT_MAX_PARALLEL_SEGMENTS: setting(
    '5',
    'Segments of one job in transcription at once. Higher meets the rate limit sooner.',
  ),

  // Enrichment
  ...ENRICHMENT_VARIABLES,

  // Uploads and lanes
  UPLOAD_MAX_FILES: setting('20', 'Files in one upload.'),
  UPLOAD_MAX_BYTES: setting(
    '29360128',
    'Bytes of one upload (28 MiB). Under 32 MiB, so that our 413 is the one clients see.',
  ),
  UPLOAD_MAX_DECODED_BYTES: setting('67108864', 'Bytes of one decoded upload (64 MiB).'),
  UPLOAD_MAX_DECODED_SECONDS: setting('3600', 'Seconds of audio in one upload.'),
  UPLOAD_MAX_FRAMES: setting('360000', 'Audio frames in one upload.'),
  UPLOAD_IDLE_TIMEOUT_MS: setting(
    '30000',
    'Milliseconds without a byte, headers too, until 408. Lower cuts phones on bad networks.',
  ),
  UPLOAD_MIN_BYTES_PER_SECOND: setting(
    '256',
    'Bytes a second below which an upload is answered 408; 0 means no limit. Higher cuts slow phones.',
  ),
  UPLOAD_BUFFER_BUDGET_BYTES: setting(
    '67108864',
    'Bytes (64 MiB) held for invisible retries by all uploads; past it files stream through.',
  ),
  UPLOAD_BUFFERED_FILE_MAX_BYTES: setting(
    '8388608',
    'Bytes (8 MiB) up to which a file is held for an invisible retry.',
  ),
  IDEMPOTENCY_KEY_HOURS: setting(
    '48',
    'Hours an `Idempotency-Key` stands for its upload, from its last use. Higher costs memory.',
  ),
  SYNC_FRESH_HOURS: setting('6', 'Hours since capture up to which audio takes the fresh lane.'),
  SYNC_LOOKBACK_DAYS: setting('30', 'Days since capture beyond which audio is refused (422).'),

  // Claims
  CLAIM_LEASE_SECONDS: setting(
    '15',
    'Seconds a claim lives unrenewed. Lower loses claims to jitter; higher delays a takeover.',
  ),
  CLAIM_RENEW_SECONDS: setting(
    '5',
    'Seconds between renewals. Lower costs commands; higher leaves no second chance.',
  ),
  CLAIM_STOP_MARGIN_SECONDS: setting(
    '3',
    'Seconds before its end at which a claim is no longer trusted, for drift and slow calls.',
  ),
  CLAIM_UNANSWERED_ABORT_SECONDS: setting(
    '60',
    'Seconds without an answer until a run aborts. Lower ends runs in short outages.',
  ),

  // Runs
  RUN_BUDGET_SECONDS: setting('1440', 'Seconds of work in one attempt; ends it in good order.'),
  RUN_STALL_SECONDS: setting(
    '600',
    'Seconds without a segment or stage until a run aborts. Lower kills slow segments.',
  ),
  MAX_LONE_DEATHS: setting(
    '3',
    'Times a file or segment may kill its worker while it runs alone; then it is failed and the rest go on.',
  ),
  MAX_FRUITLESS_ATTEMPTS: setting(
    '5',
    'Attempts in a row without a landed segment until the job is landed as it stands.',
  ),
  FAILURE_THRESHOLD: setting('0.5', 'Share of failed segments above which a job is `failed`.'),
  USER_MAX_RUNNING_JOBS: setting('2', 'Jobs of one user that run at once; 0 means no limit.'),
  USER_SLOT_SNOOZE_SECONDS: setting('30', 'Seconds a job without a free slot is put off.'),
  INLINE_MAX_RUNNING_JOBS: setting('4', 'Inline jobs one process runs at once; others wait.'),
  BYOK_MAX_WAIT_SECONDS: setting(
    '1800',
    "Seconds a provider may put off a job with the user's own key until it is landed.",
  ),
  CPU_ALWAYS_ON: setting(
    'false',
    'Say true where Cloud Run allocates CPU between requests: work may go on after a response.',
  ),

  // Fair use
  ...FAIR_USE_VARIABLES,

  ...RECOVERY_VARIABLES,

  // Status
  STATUS_POLL_AFTER_MS: setting('3000', 'Milliseconds a client is asked to wait between polls.'),
  STATUS_STREAM_INTERVAL_MS: setting('1000', 'Milliseconds between looks of a status stream.'),

  // Telemetry
  LOG_LEVEL: setting('info', '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.'),
  LOG_RAW_UID: setting('false', 'Log user ids as they are, beside their hashes.'),
  GOOGLE_CLOUD_PROJECT: optional('Project by which log lines are joined to their traces.'),
} as const satisfies Record<string, Variable>

export type VariableName = keyof typeof VARIABLES

export const VARIABLE_NAMES = Object.keys(VARIABLES) as readonly VariableName[]

/** The environment as text, defaults filled in, secrets wrapped before anyone can print them. */
export interface Env {
  readonly values: { readonly [N in VariableName]: string | Secret | undefined }
  /** Names that were set and are none of ours; no values. */
  readonly strays: readonly string[]
}

/** The service's only reader of the process environment. Empty text counts as unset; ends are trimmed. */
export function readEnv(source: Readonly<Record<string, string | undefined>> = process.env): Env {
  const read = (name: VariableName): readonly [VariableName, string | Secret | undefined] => {
    const row: Variable = VARIABLES[name]
    const text = source[name]?.trim() || row.default
    return [name, row.secret && text !== undefined ? new Secret(text) : text]
  }
  return {
    values: Object.fromEntries(VARIABLE_NAMES.map(read)) as Env['values'],
    strays: Object.keys(source).filter((name) => !Object.hasOwn(VARIABLES, name)),
  }
}

/** The environment as it is, for launchers: what they start needs PATH, HOME and proxies. */
export function ambientEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env }
}
