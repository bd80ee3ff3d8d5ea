import { describeError, UnavailableError } from '../../kernel/index.ts'

/** What the store says of an object that is not there; of a missing bucket it says something else. */
const NO_OBJECT = /no such object|specified key does not exist/i

/** Enough for a refusal in words; a proxy's HTML page is cut. */
const MAX_CAUSE_LENGTH = 300

/** The HTTP status in a vendor's error, wherever this one keeps it; undefined without an answer. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const places = ['code' in error && error.code, 'status' in error && error.status]
  return places.map(Number).find((status) => status >= 100 && status < 600)
}

/** The store says that the object does not exist. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && error instanceof Error && NO_OBJECT.test(error.message)
}

export function isPreconditionFailed(error: unknown): boolean {
  return statusOf(error) === 412
}

/** Source: the retry strategy of the store's documentation. Without an answer: always. */
export function isWorthRetrying(error: unknown): boolean {
  const status = statusOf(error)
  return status === undefined || status === 408 || status === 429 || status >= 500
}

/** The vendor's errors hold whole requests and replies; only their words go further. */
export function unavailable(deed: string, name: string, error: unknown): UnavailableError {
  if (error instanceof UnavailableError) return error
  const words = describeError(error, MAX_CAUSE_LENGTH)
  const status = statusOf(error)
  return new UnavailableError(
    `cannot ${deed} ${name}: ${status === undefined ? '' : `${status} `}${words}`,
    { party: 'gcs', cause: new Error(words) },
  )
}
