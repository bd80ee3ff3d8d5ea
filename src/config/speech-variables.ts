import { optional, optionalSecret, setting, type Variable } from './variable.ts'

/** Who transcribes, and within which limits. */
export const SPEECH_VARIABLES = {
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
  STT_LANGUAGE: optional(
    'BCP-47 language of users who chose none; unset lets the provider detect it.',
  ),
  STT_TIMEOUT_SECONDS: setting(
    '300',
    'Seconds for one segment. Lower fails long segments; higher hides a hung provider.',
  ),
  STT_DEFAULT_WAIT_SECONDS: setting(
    '30',
    'Seconds a job is put off when a busy provider does not say for how long.',
  ),
  STT_MAX_PARALLEL_SEGMENTS: setting(
    '5',
    'Segments of one job in transcription at once. Higher meets the rate limit sooner.',
  ),
} as const satisfies Record<string, Variable>
