import { setting, type Variable } from './variable.ts'

/** When one process says that it has enough. */
export const ADMISSION_VARIABLES = {
  ADMISSION_MAX_UPLOADS: setting(
    '250',
    'Uploads one process takes in at once; past it 503 `capacity`. Higher costs memory and sockets.',
  ),
  ADMISSION_MAX_DELIVERIES: setting(
    '64',
    'Deliveries one process works on at once; past it 409 `busy`. Each may hold UPLOAD_MAX_DECODED_BYTES.',
  ),
  ADMISSION_MAX_LOOP_DELAY_MS: setting(
    '250',
    'Milliseconds the event loop may run late, one stall left out; past it nothing new is taken. Higher risks leases.',
  ),
  ADMISSION_MAX_MEMORY_SHARE: setting(
    '0.85',
    "Share of the container's memory above which nothing new is taken. Higher risks a kill.",
  ),
  ADMISSION_RETRY_AFTER_SECONDS: setting(
    '10',
    'Least `Retry-After` of such a 503, in seconds; at most twice that, so that not all come at once.',
  ),
} as const satisfies Record<string, Variable>
