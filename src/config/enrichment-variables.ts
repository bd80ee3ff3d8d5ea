import { optionalSecret, setting, type Variable } from './variable.ts'

/** Who makes summaries, and within which limits. */
export const ENRICHMENT_VARIABLES = {
  ENRICHMENT_PROVIDER: setting(
    'offline',
    'Summaries: `offline` (extracts, no network), `openai` (any server of that API), or `none`.',
  ),
  ENRICHMENT_API_KEY: optionalSecret('Required with ENRICHMENT_PROVIDER=openai.'),
  ENRICHMENT_BASE_URL: setting(
    'https://api.openai.com/v1',
    'Base URL of any server with /chat/completions and JSON schemas.',
  ),
  ENRICHMENT_MODEL: setting('gpt-4o-mini', 'Model asked of that server.'),
  ENRICHMENT_TIMEOUT_SECONDS: setting(
    '60',
    'Seconds for one call. Lower fails long conversations; higher hides a hung provider.',
  ),
  ENRICHMENT_BUDGET_SECONDS: setting(
    '150',
    'Seconds for one attempt: two calls, and the reading of what was said.',
  ),
  ENRICHMENT_MAX_ATTEMPTS: setting(
    '5',
    'Attempts that fail or die until a failed summary is recorded. Each may be paid for.',
  ),
  ENRICHMENT_GIVE_UP_HOURS: setting(
    '24',
    'Hours a summary waits for a provider that is busy or misconfigured, then it has failed.',
  ),
  ENRICHMENT_MAX_INPUT_CHARACTERS: setting(
    '60000',
    'Characters of a conversation that are sent; of a longer one the middle is left out.',
  ),
  ENRICHMENT_FILLER_MAX_WORDS: setting(
    '12',
    'Words up to which a short conversation gets no summary.',
  ),
  ENRICHMENT_FILLER_MAX_SECONDS: setting(
    '15',
    'Seconds up to which a conversation of few words gets no summary.',
  ),
  ENRICHMENT_SWEEP_DAYS: setting(
    '2',
    'Days of announcements that a sweep looks through for lost summaries. Higher reads more.',
  ),
} as const satisfies Record<string, Variable>
