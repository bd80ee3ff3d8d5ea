/**
 * Why an upload is refused. The code is for programs, the detail for people; whatever was staged is
 * gone, and the client's audio stays its own (I12).
 */
export class UploadRefusedError extends Error {
  override name = 'UploadRefusedError'
  readonly code: RefusalCode
  /** Set where waiting helps; whole seconds on the wire. */
  readonly retryAfterMs: number | undefined

  constructor(
    detail: string,
    options: ErrorOptions & { readonly code: RefusalCode; readonly retryAfterMs?: number },
  ) {
    super(detail, options)
    this.code = options.code
    this.retryAfterMs = options.retryAfterMs
  }
}

export type RefusalCode =
  | 'invalid_upload'
  | 'invalid_file_name'
  | 'invalid_conversation_id'
  | 'upload_timeout'
  | 'upload_too_large'
  | 'backfill_lookback_exceeded'
  | 'invalid_idempotency_key'
  | 'idempotency_key_reused'
  | 'fair_use_restricted'
  | 'staging_unavailable'
  | 'ledger_unavailable'
