import { optional, required, requiredSecret, setting, type Variable } from './variable.ts'

/** Redis and the buckets. */
export const STORE_VARIABLES = {
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
    'Milliseconds without a byte until a download counts as cut and goes on in a new request.',
  ),
} as const satisfies Record<string, Variable>
