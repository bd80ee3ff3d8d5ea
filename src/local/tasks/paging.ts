import * as z from 'zod'
import { refusals } from './rpc-error.ts'

/** Page tokens are good for two hours, as the service's are. */
const TOKEN_TTL_MS = 2 * 3_600_000
const tokenSchema = z.tuple([z.string(), z.number()])

export interface Page<T> {
  readonly items: readonly T[]
  /** Empty on the last page. */
  readonly nextPageToken: string
}

/** In the order of names, so that a page goes on where the last one ended whatever came between. */
export function pageOf<T extends { readonly name: string }>(
  all: readonly T[],
  request: { readonly pageSize: number; readonly pageToken: string },
  maxPageSize: number,
  nowMs: number,
): Page<T> {
  if (request.pageSize < 0) throw refusals.invalid('Page size cannot be negative.')
  const after = request.pageToken === '' ? '' : readToken(request.pageToken, nowMs)
  const rest = all.filter(({ name }) => name > after).sort((a, b) => (a.name < b.name ? -1 : 1))
  const items = rest.slice(0, Math.min(request.pageSize || maxPageSize, maxPageSize))
  const last = items.at(-1)
  const isLast = items.length === rest.length || last === undefined
  return { items, nextPageToken: isLast ? '' : writeToken(last.name, nowMs) }
}

function writeToken(after: string, nowMs: number): string {
  return Buffer.from(JSON.stringify([after, nowMs])).toString('base64url')
}

function readToken(token: string, nowMs: number): string {
  try {
    const [after, issuedMs] = tokenSchema.parse(
      JSON.parse(Buffer.from(token, 'base64url').toString()),
    )
    if (nowMs - issuedMs < TOKEN_TTL_MS) return after
  } catch (error) {
    throw refusals.invalid('Invalid page token.', { cause: error })
  }
  throw refusals.invalid('Page token has expired.')
}
