import type { IdempotencyId, Naming, Uid } from '../kernel/index.ts'
import type { KeyUse } from '../ports/index.ts'
import { UploadRefusedError } from './refusal.ts'

/** Printable ASCII, as the header carries it; 255 is the length other APIs grant. */
const KEY = /^[\x20-\x7e]{1,255}$/

/**
 * An `Idempotency-Key` as the store knows it: the user's own, kept so long from each use.
 * @throws UploadRefusedError `invalid_idempotency_key`
 */
export function readIdempotencyKey(
  deps: { readonly naming: Naming; readonly idempotencyKeyMs: number },
  uid: Uid,
  raw: string | undefined,
): KeyUse | undefined {
  if (raw === undefined) return undefined
  if (!KEY.test(raw)) {
    throw new UploadRefusedError(
      'Idempotency-Key must be one text of 1 to 255 printable characters',
      {
        code: 'invalid_idempotency_key',
      },
    )
  }
  const keyId: IdempotencyId = deps.naming.idempotencyId(uid, raw)
  return { keyId, keptMs: deps.idempotencyKeyMs }
}

export function keyReused(): UploadRefusedError {
  return new UploadRefusedError('this Idempotency-Key was used for other files', {
    code: 'idempotency_key_reused',
  })
}
