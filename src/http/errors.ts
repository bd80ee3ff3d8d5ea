import { type RefusalCode, UploadRefusedError } from '../intake/index.ts'
import { NewerSchemaError, SECOND_MS, UnavailableError } from '../kernel/index.ts'

/** Every code of an answer that is not the wanted one. */
export type HttpCode =
  | RefusalCode
  | 'capacity'
  | 'certificates_unavailable'
  | 'conversation_not_found'
  | 'forbidden'
  | 'identity_unavailable'
  | 'internal_error'
  | 'invalid_byok_key'
  | 'invalid_language'
  | 'invalid_preferences'
  | 'invalid_request'
  | 'invalid_vocabulary'
  | 'job_ended'
  | 'job_forbidden'
  | 'job_not_found'
  | 'newer_schema'
  | 'not_found'
  | 'timeout'
  | 'unauthenticated'
  | 'unsupported_byok_provider'

/** An answer that is not the wanted one, thrown by a route. */
export class HttpError extends Error {
  override name = 'HttpError'
  readonly status: number
  readonly code: HttpCode
  readonly retryAfterMs: number | undefined

  constructor(
    detail: string,
    options: ErrorOptions & {
      readonly status: number
      readonly code: HttpCode
      readonly retryAfterMs?: number
    },
  ) {
    super(detail, options)
    this.status = options.status
    this.code = options.code
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The client closed the connection before its request was whole: nobody is left to answer. */
export class ClientGoneError extends Error {
  override name = 'ClientGoneError'

  constructor() {
    super('the client went away')
  }
}

/** What an error becomes on the wire. */
export interface ErrorAnswer {
  readonly status: number
  readonly code: HttpCode
  readonly detail: string
  readonly headers: Readonly<Record<string, string>>
}

const REFUSAL_STATUS: Readonly<Record<RefusalCode, number>> = {
  invalid_upload: 400,
  invalid_file_name: 400,
  invalid_conversation_id: 400,
  invalid_idempotency_key: 400,
  upload_timeout: 408,
  upload_too_large: 413,
  backfill_lookback_exceeded: 422,
  idempotency_key_reused: 422,
  fair_use_restricted: 429,
  staging_unavailable: 503,
  ledger_unavailable: 503,
}

const UNAVAILABLE_RETRY_AFTER_MS = 30 * SECOND_MS
/** Without this header existing apps charge the user a retry for a 503. */
const RATE_LIMIT_REASON = 'X-Omi-Rate-Limit-Reason'

/** The one table from errors to answers. An error it does not know is a bug and answers 500. */
export function answerOfError(error: unknown): ErrorAnswer {
  if (error instanceof UploadRefusedError) {
    return answer(REFUSAL_STATUS[error.code], error.code, error.message, error.retryAfterMs)
  }
  if (error instanceof HttpError) {
    return answer(error.status, error.code, error.message, error.retryAfterMs)
  }
  if (error instanceof UnavailableError) {
    const code = error.party === 'redis' ? 'ledger_unavailable' : 'staging_unavailable'
    return answer(503, code, 'this cannot be answered at the moment; nothing is lost', undefined)
  }
  if (error instanceof NewerSchemaError) {
    return answer(503, 'newer_schema', 'a newer revision has this job', undefined)
  }
  if (isClientError(error))
    return answer(error.status, 'invalid_request', 'the request cannot be read')
  return answer(500, 'internal_error', 'something went wrong on our side')
}

function answer(
  status: number,
  code: HttpCode,
  detail: string,
  retryAfterMs?: number,
): ErrorAnswer {
  const headers: Record<string, string> = {}
  if (status === 503 || status === 429) {
    headers[RATE_LIMIT_REASON] = status === 429 ? 'fair_use' : 'backfill_capacity'
    const waitMs = retryAfterMs ?? UNAVAILABLE_RETRY_AFTER_MS
    headers['Retry-After'] = String(Math.ceil(waitMs / SECOND_MS))
  }
  return { status, code, detail, headers }
}

/** Body parsers and the router throw errors that carry a 4xx of their own. */
function isClientError(error: unknown): error is Error & { status: number } {
  if (!(error instanceof Error)) return false
  const status: unknown = Reflect.get(error, 'status')
  return typeof status === 'number' && status >= 400 && status < 500
}
