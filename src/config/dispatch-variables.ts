import { optional, setting, type Variable } from './variable.ts'

/** How jobs reach a worker, and the queue that brings them. */
export const DISPATCH_VARIABLES = {
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
} as const satisfies Record<string, Variable>
