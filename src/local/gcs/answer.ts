import type { Readable } from 'node:stream'

/** What a handler decided to reply. A stream body has its `content-length` in `headers`. */
export interface Answer {
  status: number
  headers?: Record<string, string>
  body?: string | Readable
}

/** A refusal in the service's own words; becomes its JSON error body (plain text on a download). */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.reason = reason
  }
}

export const invalid = (message: string, options?: ErrorOptions) =>
  new ApiError(400, 'invalid', message, options)

export const noSuchBucket = () =>
  new ApiError(404, 'notFound', 'The specified bucket does not exist.')

export const noSuchObject = (bucket: string, name: string) =>
  new ApiError(404, 'notFound', `No such object: ${bucket}/${name}`)

export const preconditionFailed = () =>
  new ApiError(
    412,
    'conditionNotMet',
    'At least one of the pre-conditions you specified did not hold.',
  )

export function jsonAnswer(value: unknown, status = 200): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify(value),
  }
}

/** The error shape of the JSON API: `{error: {code, message, errors: [{message, domain, reason}]}}`. */
export function errorAnswer(error: ApiError): Answer {
  const { status: code, message, reason } = error
  if (code === 304) return { status: code }
  const place = code === 412 ? { locationType: 'header', location: 'If-Match' } : {}
  return jsonAnswer(
    { error: { code, message, errors: [{ message, domain: 'global', reason, ...place }] } },
    code,
  )
}

/** Downloads (`alt=media`) are refused in plain text, as the service does. */
export function textErrorAnswer(error: ApiError): Answer {
  const headers = { 'content-type': 'text/html; charset=UTF-8' }
  return error.status === 304
    ? { status: 304 }
    : { status: error.status, headers, body: error.message }
}
