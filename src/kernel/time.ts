/** Calendar arithmetic on epoch milliseconds. Pure: the present comes from the Clock port. */

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** ISO 8601 in UTC with milliseconds, e.g. `2026-01-31T08:00:00.000Z`. */
export function toIso(epochMs: number): string {
  return new Date(epochMs).toISOString()
}

/** UTC day as `YYYYMMDD`; the key of a timeline document. */
export function utcDay(epochMs: number): string {
  return toIso(epochMs).slice(0, 10).replaceAll('-', '')
}

/** The next UTC midnight, strictly after `epochMs`. */
export function nextUtcMidnight(epochMs: number): number {
  return (Math.floor(epochMs / DAY_MS) + 1) * DAY_MS
}

/** Start of the UTC day (`YYYYMMDD`) in epoch ms; NaN for text that is no day. */
export function dayStartMs(day: string): number {
  return Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}T00:00:00.000Z`)
}

/**
 * A `Retry-After` header (RFC 9110: whole seconds, or an HTTP date) as milliseconds from `nowMs`; a
 * date gone by means now, anything unreadable undefined.
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  const value = header?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * SECOND_MS)
  const atMs = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

/** Epoch ms of an ISO 8601 instant; undefined for text that is none. */
export function parseIso(text: string): number | undefined {
  const instant = Date.parse(text)
  return Number.isFinite(instant) ? instant : undefined
}
