import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../kernel/index.ts'
import type { Clock } from '../../ports/index.ts'
import { type CertificateFetch, fetchCertificates } from './certificate-fetch.ts'

type CertificateLookup =
  | { readonly kind: 'certificate'; readonly pem: string }
  /** The endpoint answered and does not name this key. */
  | { readonly kind: 'unknown_kid' }
  /** The endpoint does not answer and no key of this name is kept: nothing is proven. */
  | { readonly kind: 'unreachable'; readonly reason: string }

export interface CertificateCache {
  /** Never rejects; takes at most `timeoutMs`. */
  find(kid: string): Promise<CertificateLookup>
}

export interface CertificateCacheOptions {
  /** Serves `{kid: pem}` as `application/json`. */
  readonly url: string
  readonly clock: Clock
  /** Of one fetch. Lower refuses callers on a slow day, higher keeps them waiting in an outage. */
  readonly timeoutMs?: number
  /** Told of every failed fetch, also while kept keys hide it: time to act before they lapse. */
  readonly onUnreachable?: (reason: string) => void
}

const DEFAULT_TIMEOUT_MS = 3 * SECOND_MS
/** Lower lets an answer without max-age cost a fetch a verify; higher delays a rotation. */
const MIN_FRESH_MS = MINUTE_MS
/** Google grants 5-7 h. Higher believes a withdrawn key for longer. */
const MAX_FRESH_MS = 6 * HOUR_MS
/** Kept keys outlive the endpoint by this, counted from its last good answer. */
const KEEP_MS = 24 * HOUR_MS
/** Between fetches while keys are kept: a stranger inventing key ids costs one fetch in this time. */
const REFETCH_PAUSE_MS = 30 * SECOND_MS
/** With no key kept every caller is refused, so heal fast. */
const COLD_REFETCH_PAUSE_MS = SECOND_MS

interface HeldCertificates {
  readonly pems: ReadonlyMap<string, string>
  readonly fetchedMs: number
  readonly freshUntilMs: number
}

/**
 * Public keys by key id: cached by max-age within bounds, fetched once however many ask, kept for
 * 24 h when the endpoint is down (F19). A good answer replaces the whole set, so that a withdrawn
 * key is gone. Spans are counted on the monotonic clock; a jump of the wall clock moves none.
 */
export function createCertificateCache(options: CertificateCacheOptions): CertificateCache {
  const { url, clock, timeoutMs = DEFAULT_TIMEOUT_MS, onUnreachable } = options
  let held: HeldCertificates | undefined
  let lastFetch: { readonly endedMs: number; readonly fault: string | undefined } | undefined
  let flight: Promise<void> | undefined

  const record = (fetched: CertificateFetch) => {
    const now = clock.monotonicMs()
    if (fetched.kind === 'certificates') {
      const freshMs = Math.min(MAX_FRESH_MS, Math.max(MIN_FRESH_MS, fetched.maxAgeMs))
      held = { pems: fetched.pems, fetchedMs: now, freshUntilMs: now + freshMs }
    } else onUnreachable?.(fetched.reason)
    lastFetch = {
      endedMs: now,
      fault: fetched.kind === 'unreachable' ? fetched.reason : undefined,
    }
  }
  const refresh = () => {
    flight ??= fetchCertificates({ url, clock, timeoutMs })
      .then(record)
      .finally(() => {
        flight = undefined
      })
    return flight
  }
  const kept = () =>
    held !== undefined && clock.monotonicMs() - held.fetchedMs < KEEP_MS ? held : undefined
  const mayFetch = () => {
    if (flight !== undefined || lastFetch === undefined) return true
    const pauseMs = kept() === undefined ? COLD_REFETCH_PAUSE_MS : REFETCH_PAUSE_MS
    return clock.monotonicMs() - lastFetch.endedMs >= pauseMs
  }

  return {
    async find(kid) {
      const fresh = held !== undefined && clock.monotonicMs() < held.freshUntilMs
      if (!(fresh && held?.pems.has(kid)) && mayFetch()) await refresh()
      const pem = kept()?.pems.get(kid)
      if (pem !== undefined) return { kind: 'certificate', pem }
      const fault = lastFetch?.fault
      return fault === undefined ? { kind: 'unknown_kid' } : { kind: 'unreachable', reason: fault }
    },
  }
}
