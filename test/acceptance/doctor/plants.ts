import { LOCAL_NAMES, type Stack } from '../../../src/local/stack/index.ts'
import {
  access,
  addressed,
  behind,
  between,
  control,
  deletion,
  FRESH_QUEUE,
  inRedis,
  type Planted,
  passOfRecovery,
  withBucket,
  withQueue,
  withRedis,
} from './ways.ts'

/** One thing wrong: what it takes, what undoes it, and what the doctor then says. */
export interface Plant {
  readonly what: string
  /** The only checks that fall short, and the code of each first shortfall; null for a look that fails. */
  readonly short: Readonly<Record<string, string | null>>
  /** The advice says this. */
  readonly mend: RegExp
  plant(stack: Stack): Promise<Planted>
}

const { stagingBucket, dataBucket } = LOCAL_NAMES
/** Nobody listens on it. */
const NOWHERE = 'http://127.0.0.1:9'

export const PLANTS: readonly Plant[] = [
  {
    what: 'a queue that is missing',
    short: {
      'queue sync-nowhere': 'queue_missing',
      'permissions on queue sync-nowhere': 'permission_missing',
    },
    mend: /gcloud tasks queues create sync-nowhere --project sync-local --location local-1/,
    plant: async () => ({ env: { SYNC_TASKS_BACKFILL_QUEUE: 'sync-nowhere' } }),
  },
  {
    what: 'a queue that is paused',
    short: { 'queue sync-fresh': 'queue_not_running' },
    mend: /gcloud tasks queues resume sync-fresh/,
    plant: async (stack) => {
      await control(stack, `pause?queue=${FRESH_QUEUE}`)
      return { undo: () => control(stack, `resume?queue=${FRESH_QUEUE}`) }
    },
  },
  ...(
    [
      ['other max attempts', { maxAttempts: 9 }, 'queue_max_attempts', /--max-attempts=5/],
      ['another backoff', { minBackoff: { seconds: 1 } }, 'queue_min_backoff', /--min-backoff=18s/],
      [
        'a longer backoff',
        { maxBackoff: { seconds: 3_600 } },
        'queue_max_backoff',
        /--max-backoff=300s/,
      ],
      ['more doublings', { maxDoublings: 16 }, 'queue_max_doublings', /--max-doublings=4/],
      [
        'a retry duration',
        { maxRetryDuration: { seconds: 600 } },
        'queue_max_retry_duration',
        /--max-retry-duration=0s/,
      ],
    ] as const
  ).map(
    ([what, retryConfig, code, mend]): Plant => ({
      what: `a queue with ${what}`,
      short: { 'queue sync-fresh': code },
      mend,
      plant: (stack) => withQueue(stack, { retryConfig }),
    }),
  ),
  {
    what: 'a queue that logs nothing',
    short: { 'queue sync-fresh': 'queue_logs_nothing' },
    mend: /--log-sampling-ratio=1\.0/,
    plant: (stack) => withQueue(stack, { stackdriverLoggingConfig: { samplingRatio: 0 } }),
  },
  {
    what: 'queues that dispatch more than the service takes',
    short: { 'queue rates': 'queue_concurrency' },
    mend: /--max-concurrent-dispatches/,
    plant: (stack) => withQueue(stack, { rateLimits: { maxConcurrentDispatches: 600 } }),
  },
  {
    what: 'a queue that dispatches one in ten seconds',
    short: { 'queue rates': 'queue_rate' },
    mend: /queues update sync-fresh --max-dispatches-per-second/,
    plant: (stack) => withQueue(stack, { rateLimits: { maxDispatchesPerSecond: 0.1 } }),
  },
  {
    what: 'an account that may not create tasks',
    short: {
      'permissions on queue sync-fresh': 'permission_missing',
      'permissions on queue sync-backfill': 'permission_missing',
    },
    mend: /roles\/cloudtasks\.enqueuer/,
    plant: async ({ tasks: { permissions } }) => {
      permissions.deny('cloudtasks.tasks.create')
      return { undo: () => permissions.allow('cloudtasks.tasks.create') }
    },
  },
  {
    what: 'an account that may not delete objects',
    short: {
      'permissions on bucket sync-staging': 'permission_missing',
      'permissions on bucket sync-data': 'permission_missing',
    },
    mend: /roles\/storage\.objectUser/,
    plant: async ({ gcs: { denied } }) => {
      denied.add('storage.objects.delete')
      return { undo: () => void denied.delete('storage.objects.delete') }
    },
  },
  ...(
    [
      ['without a lifecycle', { lifecycle: null }, 'staging_lifecycle_missing', /age 45/],
      [
        'that deletes after a week',
        { lifecycle: deletion({ age: 7 }) },
        'staging_lifecycle_early',
        /age 45/,
      ],
      [
        'with soft delete',
        { softDeletePolicy: { retentionDurationSeconds: '604800' } },
        'staging_soft_delete',
        /--clear-soft-delete/,
      ],
      [
        'without uniform access',
        access(false, 'enforced'),
        'bucket_not_uniform',
        /--uniform-bucket-level-access/,
      ],
      [
        'that may be public',
        access(true, 'inherited'),
        'bucket_public',
        /--public-access-prevention/,
      ],
      [
        'that keeps versions',
        { versioning: { enabled: true } },
        'staging_versioned',
        /--no-versioning/,
      ],
      [
        'that retains objects',
        { retentionPolicy: { retentionPeriod: '86400' } },
        'staging_retention',
        /--clear-retention-period/,
      ],
    ] as const
  ).map(
    ([what, settings, code, mend]): Plant => ({
      what: `a staging bucket ${what}`,
      short: { 'staging bucket sync-staging': code },
      mend,
      plant: (stack) => withBucket(stack, stagingBucket, settings),
    }),
  ),
  {
    what: 'a data bucket that deletes transcripts',
    short: { 'data bucket sync-data': 'data_lifecycle_wide' },
    mend: /matchesPrefix plans\/, outcomes\//,
    plant: (stack) => withBucket(stack, dataBucket, { lifecycle: deletion({ age: 400 }) }),
  },
  {
    what: 'a data bucket that deletes plans before their retries',
    short: { 'data bucket sync-data': 'data_lifecycle_early' },
    mend: /age 90/,
    plant: (stack) =>
      withBucket(stack, dataBucket, { lifecycle: deletion({ age: 3, matchesPrefix: ['plans/'] }) }),
  },
  {
    what: 'a bucket that is not there',
    short: {
      'staging bucket sync-elsewhere': 'bucket_missing',
      'permissions on bucket sync-elsewhere': null,
    },
    mend: /buckets create gs:\/\/sync-elsewhere/,
    plant: async () => ({ env: { GCS_STAGING_BUCKET: 'sync-elsewhere' } }),
  },
  {
    what: 'an audience that is not the service',
    short: { 'task audience': 'audience_foreign' },
    mend: /SYNC_TASKS_OIDC_AUDIENCE=http/,
    plant: async () => ({ env: { SYNC_TASKS_OIDC_AUDIENCE: 'https://another.example' } }),
  },
  {
    what: 'a token that the service does not believe',
    short: { 'task audience': 'token_refused' },
    mend: /SYNC_TASKS_INVOKER_SA of the running revision/,
    plant: async ({ issuer, api }) => ({
      taskToken: issuer.mint({ audience: `${api}/other`, email: LOCAL_NAMES.invokerEmail }),
    }),
  },
  {
    what: 'an address that lets everybody in',
    short: { 'task endpoints': 'endpoint_open' },
    mend: /SYNC_TASKS_HANDLER_URL/,
    plant: () => behind(200, '{"result":"done"}'),
  },
  {
    what: 'a platform that refuses before the service does',
    short: { 'task endpoints': 'endpoint_private' },
    mend: /--member=allUsers --role=roles\/run\.invoker/,
    plant: () => behind(403, '<html>Forbidden</html>'),
  },
  {
    what: 'an address where nobody answers',
    short: { 'task endpoints': null, clocks: null },
    mend: /ingress is open to all/,
    plant: async () => addressed(NOWHERE),
  },
  {
    what: 'a Redis that evicts',
    short: { redis: 'redis_evicts' },
    mend: /CONFIG SET maxmemory-policy noeviction/,
    plant: (stack) => withRedis(stack, ['maxmemory-policy', 'allkeys-lru'], 'noeviction'),
  },
  {
    what: 'a Redis that comes back from snapshots',
    short: { redis: 'redis_snapshots' },
    mend: /CONFIG SET save ""/,
    plant: async (stack) => {
      const appending = await withRedis(stack, ['appendonly', 'no'], 'yes')
      const saving = await withRedis(stack, ['save', '3600 1'], '')
      return {
        undo: async () => {
          await saving.undo?.()
          await appending.undo?.()
        },
      }
    },
  },
  {
    what: 'a Redis of an old version',
    short: { redis: 'redis_version' },
    mend: /upgrade it/,
    plant: (stack) => between(stack, { from: 'redis_version:7', to: 'redis_version:6' }),
  },
  {
    what: 'a Redis that is far away',
    short: { 'redis latency': 'redis_slow' },
    mend: /region and network of the service/,
    plant: (stack) => between(stack, { delayMs: 90 }),
  },
  {
    what: 'a Redis that does not answer',
    short: { redis: null, 'redis latency': null, clocks: null, recovery: null },
    mend: /REDIS_URL/,
    plant: async () => ({ env: { REDIS_URL: 'redis://127.0.0.1:9' } }),
  },
  {
    what: 'a clock that is a minute ahead',
    short: { clocks: 'clock_skew' },
    mend: /timedatectl set-ntp true/,
    plant: async () => ({ clockAheadMs: 60_000 }),
  },
  {
    what: 'certificates that cannot be had',
    short: { 'certificates of tasks': 'certificates_unreachable' },
    mend: /let the service reach http:\/\/127\.0\.0\.1:9/,
    plant: async () => ({ env: { OIDC_CERTS_URL: `${NOWHERE}/certs` } }),
  },
  {
    what: 'a scheduler that never called',
    short: { recovery: 'recovery_silent' },
    mend: /gcloud scheduler jobs describe/,
    plant: async (stack) => {
      await inRedis(stack.redisUrl, (redis) => redis.del('sd:{00}:passed'))
      return { undo: () => passOfRecovery(stack) }
    },
  },
  {
    what: 'a scheduler that fell silent',
    short: { recovery: 'recovery_silent' },
    mend: /scheduler jobs resume/,
    plant: async (stack) => {
      const anHourAgo = String(Date.now() - 3_600_000)
      await inRedis(stack.redisUrl, (redis) => redis.set('sd:{00}:passed', anHourAgo))
      return { undo: () => passOfRecovery(stack) }
    },
  },
  {
    what: 'a speech-to-text provider that is not reached',
    short: { 'speech-to-text': null },
    mend: /DEEPGRAM_BASE_URL/,
    plant: async () => ({
      env: { STT_PROVIDER: 'deepgram', DEEPGRAM_API_KEY: 'key', DEEPGRAM_BASE_URL: NOWHERE },
    }),
  },
]
