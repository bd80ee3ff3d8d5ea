import { optional, optionalSecret, setting } from './variable.ts'

/** Fair use: caps, stages, subscriptions, and the pause of contents that keep failing. */
export const FAIR_USE_VARIABLES = {
  FAIR_USE_ENABLED: setting('false', 'Meter speech and hold users to the limits below.'),
  FAIR_USE_CAP_24H_HOURS: setting('2', 'Hours of speech in 24 hours above which is a violation.'),
  FAIR_USE_CAP_3D_HOURS: setting('8', 'Hours of speech in 3 days above which is a violation.'),
  FAIR_USE_CAP_7D_HOURS: setting('10', 'Hours of speech in 7 days above which is a violation.'),
  FAIR_USE_UNLIMITED_CAP_24H_HOURS: setting('4', 'The same in 24 hours for the unlimited tier.'),
  FAIR_USE_UNLIMITED_CAP_3D_HOURS: setting('16', 'The same in 3 days for the unlimited tier.'),
  FAIR_USE_UNLIMITED_CAP_7D_HOURS: setting('20', 'The same in 7 days for the unlimited tier.'),
  FAIR_USE_CEILING_24H_HOURS: setting(
    '30',
    'Hours of speech in 24 hours at which uploads of any tier are refused (429).',
  ),
  FAIR_USE_VIOLATION_WINDOW_DAYS: setting(
    '7',
    'Days a violation counts. Higher remembers longer; a warning lasts as long.',
  ),
  FAIR_USE_VIOLATION_SPACING_HOURS: setting(
    '24',
    'Hours in which at most one violation is found. Lower restricts within one long day.',
  ),
  FAIR_USE_THROTTLE_VIOLATIONS: setting('2', 'Violations that send uploads to the backfill lane.'),
  FAIR_USE_THROTTLE_DAYS: setting('7', 'Days they go there.'),
  FAIR_USE_RESTRICT_VIOLATIONS: setting('3', 'Violations that put a user on a daily budget.'),
  FAIR_USE_RESTRICT_DAYS: setting('30', 'Days the budget holds.'),
  FAIR_USE_RESTRICTED_BUDGET_MINUTES: setting(
    '30',
    'Minutes of speech a restricted user has transcribed in a UTC day.',
  ),
  FAIR_USE_METER_DAYS: setting(
    '8',
    'Days metered speech is kept. Over 7, so that the longest window is always whole.',
  ),
  FAIR_USE_UNLIMITED_UIDS: optional('User ids of the unlimited tier, separated by commas.'),
  FAIR_USE_SUBSCRIPTIONS_URL: optional(
    'Base URL asked for `GET {url}/{uid}` instead: `{"tier": "standard", "has_credits": true}`.',
  ),
  FAIR_USE_SUBSCRIPTIONS_TOKEN: optionalSecret('Bearer token sent there.'),
  FAIR_USE_SUBSCRIPTIONS_TIMEOUT_MS: setting(
    '1000',
    'Milliseconds for one look-up; past it default caps apply. Higher delays uploads.',
  ),
  FAIR_USE_SUBSCRIPTIONS_CACHE_SECONDS: setting(
    '300',
    'Seconds an answer is believed. Higher delays what a purchase changes.',
  ),
  REPEAT_FAILURE_LIMIT: setting(
    '3',
    'Times the same content may fail alike until it is paused; 0 means never.',
  ),
  REPEAT_FAILURE_WINDOW_HOURS: setting('24', 'Hours within which those failures count.'),
  REPEAT_FAILURE_PAUSE_HOURS: setting(
    '24',
    'Hours of the pause. Lower pays for the same failure sooner.',
  ),
} as const
