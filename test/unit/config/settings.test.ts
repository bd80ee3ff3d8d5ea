import { describe, expect, it } from 'vitest'
import { READERS } from '../../../src/config/settings.ts'
import { faultsOf } from './faults-of.ts'

/** Name, least and greatest value that make sense alone, and the step just outside. */
const WHOLE: readonly (readonly [string, number, number])[] = [
  ['PORT', 0, 65_535],
  ['SERVICE_TIMEOUT_SECONDS', 60, 3_600],
  ['SERVICE_MAX_INSTANCES', 1, 1_000],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 100, 600_000],
  ['OTEL_METRIC_EXPORT_INTERVAL', 500, 3_600_000],
  ['SERVICE_CONCURRENCY', 1, 1_000],
  ['HTTP_SYNC_JOBS_RUN_TIMEOUT', 0, 3_600],
  ['SHUTDOWN_GRACE_SECONDS', 1, 9],
  ['COMPUTE_WORKERS', 0, 64],
  ['SYNC_TASKS_MAX_ATTEMPTS', 2, 100],
  ['SYNC_TASKS_MAX_DOUBLINGS', 0, 16],
  ['STAGING_RETENTION_DAYS', 32, 365],
  ['SYNC_TASKS_DISPATCH_DEADLINE_SECONDS', 15, 1_800],
  ['SYNC_TASKS_RPC_TIMEOUT_MS', 100, 600_000],
  ['SYNC_TASKS_API_PORT', 1, 65_535],
  ['REDIS_COMMAND_TIMEOUT_MS', 50, 60_000],
  ['GCS_OPERATION_TIMEOUT_MS', 100, 600_000],
  ['GCS_READ_IDLE_TIMEOUT_MS', 100, 600_000],
  ['CERTS_TIMEOUT_MS', 100, 60_000],
  ['STT_MAX_PARALLEL_SEGMENTS', 1, 64],
  ['ENRICHMENT_MAX_ATTEMPTS', 1, 100],
  ['ENRICHMENT_GIVE_UP_HOURS', 1, 720],
  ['ENRICHMENT_MAX_INPUT_CHARACTERS', 1_000, 1_000_000],
  ['ENRICHMENT_FILLER_MAX_WORDS', 0, 1_000],
  ['ENRICHMENT_SWEEP_DAYS', 1, 365],
  ['UPLOAD_MAX_FILES', 1, 1_000],
  ['UPLOAD_MAX_BYTES', 1_024, 32 * 1024 * 1024 - 1],
  ['UPLOAD_MAX_DECODED_BYTES', 32_000, 1_073_741_824],
  ['UPLOAD_MAX_DECODED_SECONDS', 1, 86_400],
  ['UPLOAD_MAX_FRAMES', 1, 100_000_000],
  ['UPLOAD_IDLE_TIMEOUT_MS', 100, 600_000],
  ['UPLOAD_MIN_BYTES_PER_SECOND', 0, 1_048_576],
  ['UPLOAD_BUFFER_BUDGET_BYTES', 65_536, 8_589_934_592],
  ['UPLOAD_BUFFERED_FILE_MAX_BYTES', 0, 33_554_431],
  ['ADMISSION_MAX_UPLOADS', 1, 10_000],
  ['ADMISSION_MAX_DELIVERIES', 1, 1_000],
  ['ADMISSION_MAX_LOOP_DELAY_MS', 50, 60_000],
  ['IDEMPOTENCY_KEY_HOURS', 1, 720],
  ['SYNC_FRESH_HOURS', 1, 720],
  ['SYNC_LOOKBACK_DAYS', 1, 365],
  ['MAX_FRUITLESS_ATTEMPTS', 1, 100],
  ['RUN_MAX_PARALLEL_FILES', 1, 64],
  ['MAX_LONE_DEATHS', 1, 20],
  ['USER_MAX_RUNNING_JOBS', 0, 1_000],
  ['INLINE_MAX_RUNNING_JOBS', 1, 1_000],
  ...[
    'FAIR_USE_CAP_24H_HOURS',
    'FAIR_USE_CAP_3D_HOURS',
    'FAIR_USE_CAP_7D_HOURS',
    'FAIR_USE_UNLIMITED_CAP_24H_HOURS',
    'FAIR_USE_UNLIMITED_CAP_3D_HOURS',
    'FAIR_USE_UNLIMITED_CAP_7D_HOURS',
    'FAIR_USE_CEILING_24H_HOURS',
  ].map((name) => [name, 1, 1_000] as const),
  ['FAIR_USE_VIOLATION_WINDOW_DAYS', 1, 90],
  ['FAIR_USE_VIOLATION_SPACING_HOURS', 1, 720],
  ['FAIR_USE_THROTTLE_VIOLATIONS', 1, 100],
  ['FAIR_USE_THROTTLE_DAYS', 1, 365],
  ['FAIR_USE_RESTRICT_VIOLATIONS', 1, 100],
  ['FAIR_USE_RESTRICT_DAYS', 1, 365],
  ['FAIR_USE_RESTRICTED_BUDGET_MINUTES', 1, 1_440],
  ['FAIR_USE_METER_DAYS', 8, 60],
  ['FAIR_USE_SUBSCRIPTIONS_TIMEOUT_MS', 50, 30_000],
  ['REPEAT_FAILURE_LIMIT', 0, 100],
  ['REPEAT_FAILURE_WINDOW_HOURS', 1, 720],
  ['REPEAT_FAILURE_PAUSE_HOURS', 1, 720],
  ['MAX_REVIVALS', 0, 100],
  ['REAPER_BATCH_SIZE', 1, 10_000],
  ['REAPER_SWEEP_PAGE_OBJECTS', 10, 100_000],
  ['OUTCOME_RETENTION_DAYS', 1, 365],
  ['TERMINAL_RETENTION_HOURS', 1, 720],
  ['STATUS_POLL_AFTER_MS', 100, 600_000],
  ['STATUS_STREAM_INTERVAL_MS', 50, 60_000],
]

const FRACTIONS: readonly (readonly [string, number, number])[] = [
  ['HTTP_REQUEST_TIMEOUT_SECONDS', 1, 3_600],
  ['SYNC_TASKS_MIN_BACKOFF_SECONDS', 1, 3_600],
  ['SYNC_TASKS_MAX_BACKOFF_SECONDS', 1, 3_600],
  ['STATUS_STREAM_HEARTBEAT_SECONDS', 1, 600],
  ['STT_TIMEOUT_SECONDS', 1, 1_800],
  ['STT_DEFAULT_WAIT_SECONDS', 1, 3_600],
  ['ENRICHMENT_TIMEOUT_SECONDS', 1, 600],
  ['ENRICHMENT_BUDGET_SECONDS', 1, 1_500],
  ['ENRICHMENT_FILLER_MAX_SECONDS', 0, 3_600],
  ['ADMISSION_RETRY_AFTER_SECONDS', 1, 600],
  ['ADMISSION_MAX_MEMORY_SHARE', 0, 1],
  ['CLAIM_LEASE_SECONDS', 1, 600],
  ['CLAIM_RENEW_SECONDS', 0.1, 300],
  ['CLAIM_STOP_MARGIN_SECONDS', 0.1, 60],
  ['CLAIM_UNANSWERED_ABORT_SECONDS', 1, 600],
  ['RUN_BUDGET_SECONDS', 1, 3_600],
  ['BYOK_MAX_WAIT_SECONDS', 1, 86_400],
  ['RUN_STALL_SECONDS', 1, 3_600],
  ['FAILURE_THRESHOLD', 0, 1],
  ['OTEL_TRACES_SAMPLER_ARG', 0, 1],
  ['USER_SLOT_SNOOZE_SECONDS', 0.1, 3_600],
  ['FAIR_USE_SUBSCRIPTIONS_CACHE_SECONDS', 0, 86_400],
  ['QUEUED_PROBE_AFTER_SECONDS', 0.1, 3_600],
  ['REAPER_SWEEP_INTERVAL_SECONDS', 0.1, 3_600],
  ['QUEUED_PROBE_MAX_SECONDS', 0.1, 86_400],
  ['REAPER_TIMEOUT_SECONDS', 1, 604_800],
  ['REAPER_STALL_SECONDS', 1, 86_400],
  ['REAPER_PASS_LEASE_SECONDS', 1, 600],
  ['REAPER_MANIFEST_SWEEP_SECONDS', 1, 86_400],
  ['REAPER_MANIFEST_MIN_AGE_SECONDS', 0.1, 86_400],
  ['REAPER_BLOB_MIN_AGE_SECONDS', 1, 604_800],
]

const WORDS: readonly (readonly [string, string])[] = [
  ['SYNC_DISPATCH_MODE', 'queue'],
  ['SYNC_TASKS_API_PLAINTEXT', 'yes'],
  ['SYNC_DEV_IDENTITY', '1'],
  ['LOG_RAW_UID', 'TRUE'],
  ['REDIS_CLUSTER', 'yes'],
  ['CPU_ALWAYS_ON', 'yes'],
  ['FAIR_USE_ENABLED', 'on'],
  ['FAIR_USE_SUBSCRIPTIONS_URL', 'subscriptions.example.com'],
  ['LOG_LEVEL', 'verbose'],
  ['STT_PROVIDER', 'whisper'],
  ['STT_LANGUAGE', 'english please'],
  ['HOST', 'not a host'],
  ['K_SERVICE', 'a\nb'],
  ['SYNC_PUBLIC_URL', 'http://sync.example.com'],
  ['SYNC_TASKS_PROJECT', 'Omi'],
  ['SYNC_TASKS_LOCATION', 'us central'],
  ['SYNC_TASKS_HANDLER_URL', 'sync.example.com/v2/sync-jobs/run'],
  ['SYNC_TASKS_INVOKER_SA', 'invoker'],
  ['SYNC_TASKS_API_HOST', '127.0.0.1:8123'],
  ['SYNC_TASKS_BACKFILL_QUEUE', 'a/b'],
  ['GCS_STAGING_BUCKET', 'gs://staging'],
  ['GCS_DATA_BUCKET', 'Data'],
  ['GCS_API_ENDPOINT', 'localhost:4443'],
  ['OIDC_CERTS_URL', 'http://certs.example.com'],
  ['FIREBASE_CERTS_URL', 'http://10.0.0.1/certs'],
  ['DEEPGRAM_BASE_URL', 'api.deepgram.com'],
  ['OPENAI_BASE_URL', 'ftp://x'],
  ['ENRICHMENT_PROVIDER', 'deepgram'],
  ['ENRICHMENT_BASE_URL', 'api.openai.com'],
  ['REDIS_URL', 'redis://'],
  ['REDIS_URL', 'localhost:6379'],
]

const accuses = (name: string, value: string) =>
  faultsOf({ [name]: value }).some((fault) => fault.startsWith(`${name} must `))

describe('a variable alone', () => {
  it.each([...WHOLE, ...FRACTIONS])('%s is held between %d and %d', (name, min, max) => {
    const step = WHOLE.some(([whole]) => whole === name) ? 1 : 0.001
    expect(accuses(name, String(min)), `${min}`).toBe(false)
    expect(accuses(name, String(max)), `${max}`).toBe(false)
    expect(accuses(name, String(max + step)), `over ${max}`).toBe(true)
    const under = min - step
    expect(accuses(name, under < 0 ? '-1' : String(under)), `under ${min}`).toBe(true)
    for (const odd of ['five', '0x10', '1e3', '5s', '1_000', 'NaN', 'Infinity']) {
      expect(accuses(name, odd), odd).toBe(true)
    }
  })

  it.each(WHOLE)('%s is whole', (name, min) => {
    expect(accuses(name, `${min}.5`)).toBe(true)
  })

  it.each(WORDS)('%s refuses %s', (name, value) => {
    expect(accuses(name, value)).toBe(true)
  })

  it('has its limits tested here whenever it is a number', () => {
    const samples = ['0.5', '1', '2', '60', '200', '40000', '2000000']
    const isNumeric = (reader: (typeof READERS)[keyof typeof READERS]) =>
      samples.some((sample) => typeof reader.read(sample) === 'number')
    const numeric = Object.entries(READERS).filter(([, reader]) => isNumeric(reader))
    expect(numeric.map(([name]) => name).sort()).toEqual(
      [...WHOLE, ...FRACTIONS].map(([name]) => name).sort(),
    )
  })
})
