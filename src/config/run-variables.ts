import { setting, type Variable } from './variable.ts'

/** How long a claim lives, and what one attempt at a job may take. */
export const RUN_VARIABLES = {
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
  RUN_BUDGET_SECONDS: setting('1440', 'Seconds of work in one attempt; ends it in good order.'),
  RUN_STALL_SECONDS: setting(
    '600',
    'Seconds without a segment or stage until a run aborts. Lower kills slow segments.',
  ),
  MAX_LONE_DEATHS: setting(
    '3',
    'Times a file or segment may kill its worker while it runs alone; then it is failed and the rest go on.',
  ),
  RUN_MAX_PARALLEL_FILES: setting(
    '2',
    'Files of one job that are decoded at once. Higher costs memory; lower leaves cores idle.',
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
} as const satisfies Record<string, Variable>
