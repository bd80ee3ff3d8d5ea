import { setting, type Variable } from './variable.ts'

/** How recovery looks after jobs. */
export const RECOVERY_VARIABLES = {
  MAX_REVIVALS: setting('3', 'Claimed generations that may die before a job is given up.'),
  QUEUED_PROBE_AFTER_SECONDS: setting('60', 'Seconds until recovery looks after a new job.'),
  QUEUED_PROBE_MAX_SECONDS: setting(
    '900',
    'Seconds between looks at a job that has long waited. Higher finds a lost task later.',
  ),
  REAPER_TIMEOUT_SECONDS: setting(
    '21600',
    'Seconds of running, waits left out, after which a stalled job is ended as it stands.',
  ),
  REAPER_STALL_SECONDS: setting(
    '1800',
    'Seconds without progress across attempts; both limits must be passed to end a job.',
  ),
  REAPER_SWEEP_INTERVAL_SECONDS: setting(
    '60',
    'Seconds between passes; bounds the wait once the queue has given up.',
  ),
  REAPER_PASS_LEASE_SECONDS: setting(
    '30',
    'Seconds one pass may look at one shard; as long the next waits for a pass that died.',
  ),
  REAPER_MANIFEST_SWEEP_SECONDS: setting(
    '3600',
    'Seconds between sweeps over staged manifests; after a loss of Redis every pass sweeps.',
  ),
  REAPER_MANIFEST_MIN_AGE_SECONDS: setting(
    '600',
    'Seconds until a manifest without a record counts as lost. Higher than any upload needs.',
  ),
  REAPER_BLOB_MIN_AGE_SECONDS: setting(
    '7200',
    'Seconds until blobs without a manifest are deleted. Lower deletes what is being uploaded.',
  ),
  REAPER_SWEEP_PAGE_OBJECTS: setting(
    '1000',
    'Staged objects looked at in one pass, in each of 16 parts.',
  ),
  REAPER_BATCH_SIZE: setting('100', 'Due jobs of one shard looked at in one pass.'),
  OUTCOME_RETENTION_DAYS: setting(
    '30',
    'Days the same bytes, uploaded again, get the result they had; later they are worked on anew.',
  ),
  TERMINAL_RETENTION_HOURS: setting(
    '48',
    'Hours the store keeps an ended job; then its outcome object answers.',
  ),
} as const satisfies Record<string, Variable>
