import { setting, type Variable } from './variable.ts'

/** What one upload may be, and which lane it takes. */
export const UPLOAD_VARIABLES = {
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
    '50331648',
    'Bytes (48 MiB) held for invisible retries by all uploads; past it files stream through.',
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
} as const satisfies Record<string, Variable>
