import { createPublicKey } from 'node:crypto'
import * as z from 'zod'
import { SECOND_MS } from '../../kernel/index.ts'
import type { Clock } from '../../ports/index.ts'

export type CertificateFetch =
  | {
      readonly kind: 'certificates'
      /** PEM (X.509 certificate or public key) by key id. */
      readonly pems: ReadonlyMap<string, string>
      /** What is left of `max-age`, 0 or less when nothing is. */
      readonly maxAgeMs: number
    }
  /** A fixed word, safe to log. Whatever is not certificates is this, HTML with 200 included. */
  | { readonly kind: 'unreachable'; readonly reason: string }

export interface CertificateSource {
  readonly url: string
  readonly clock: Clock
  /** Bounds the whole exchange, body included: a hanging endpoint must not hang the request. */
  readonly timeoutMs: number
}

/** Google's two endpoints answer 2-6 KiB; a captive portal or a stray file may answer anything. */
const MAX_BODY_BYTES = 256 * 1_024

const certificatesSchema = z
  .record(z.string().min(1).max(256), z.string().max(16_384).refine(isRsaPem))
  .refine((byKid) => Object.keys(byKid).length > 0)

/** One GET, no retry. Never rejects. */
export async function fetchCertificates(source: CertificateSource): Promise<CertificateFetch> {
  const ended = new AbortController()
  try {
    return await Promise.race([
      download(source.url, ended.signal),
      source.clock.sleep(source.timeoutMs, ended.signal).then(() => unreachable('timeout')),
    ])
  } catch (error) {
    return unreachable(connectionFault(error))
  } finally {
    // The loser of the race lets go of its timer or its socket, an unread body included.
    ended.abort()
  }
}

async function download(url: string, signal: AbortSignal): Promise<CertificateFetch> {
  // A redirect is a portal's: the endpoints have none.
  const response = await fetch(url, { signal, redirect: 'error' })
  if (response.status !== 200) return unreachable(`status_${response.status}`)
  const contentType = response.headers.get('content-type') ?? ''
  if (!/^application\/json\b/i.test(contentType)) return unreachable('not_json')
  const body = await readCapped(response)
  if (body === undefined) return unreachable('too_large')
  const parsed = certificatesSchema.safeParse(parseJson(body))
  if (!parsed.success) return unreachable('malformed')
  const pems = new Map(Object.entries(parsed.data))
  return { kind: 'certificates', pems, maxAgeMs: remainingMaxAgeMs(response.headers) }
}

async function readCapped(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let byteCount = 0
  for await (const chunk of response.body ?? []) {
    byteCount += chunk.byteLength
    if (byteCount > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `max-age` counts from the origin's answer; caches on the way say by `Age` how much is spent. */
function remainingMaxAgeMs(headers: Headers): number {
  const maxAge = /\bmax-age=(\d{1,9})\b/i.exec(headers.get('cache-control') ?? '')?.[1]
  const age = /^\d{1,9}$/.exec(headers.get('age') ?? '')?.[0]
  return (Number(maxAge ?? 0) - Number(age ?? 0)) * SECOND_MS
}

/** A PEM that no RS256 signature can be held against is the endpoint's fault, not the token's. */
function isRsaPem(pem: string): boolean {
  try {
    return createPublicKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}

function connectionFault(error: unknown): string {
  const coded = z.object({ cause: z.object({ code: z.string() }) }).safeParse(error)
  return coded.success ? `connection_${coded.data.cause.code.toLowerCase()}` : 'connection'
}

function unreachable(fault: string): CertificateFetch {
  return { kind: 'unreachable', reason: `certificates_${fault}` }
}
