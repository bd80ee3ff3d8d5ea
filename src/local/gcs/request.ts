import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { invalid } from './answer.ts'

/** One HTTP call, taken apart. `body` may be left unread; `drop` ends its connection at once. */
export interface GcsRequest {
  method: string
  /** The undecoded path. */
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: AsyncGenerator<Buffer>
  /** The base URL by which the caller reached us; session and media links start with it. */
  origin: string
  drop(): void
}

export function toGcsRequest(req: IncomingMessage): GcsRequest {
  const target = req.url ?? '/'
  const mark = target.indexOf('?')
  return {
    method: req.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    headers: req.headers,
    body: bodyOf(req),
    origin: `http://${req.headers.host ?? 'localhost'}`,
    drop: () => req.destroy(),
  }
}

/** Leaves the socket usable when reading stops early, so that the refusal can still be sent. */
async function* bodyOf(req: IncomingMessage): AsyncGenerator<Buffer> {
  for await (const chunk of req.iterator({ destroyOnReturn: false })) yield chunk
}

const JSON_LIMIT_BYTES = 1024 * 1024

/** A small JSON body; an empty one reads as `{}`. 400 when it is no JSON or over 1 MiB. */
export async function readJson(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > JSON_LIMIT_BYTES) throw invalid('Metadata part is too large.')
    chunks.push(chunk)
  }
  return parseJson(Buffer.concat(chunks).toString('utf8'))
}

export function parseJson(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid('Parse Error', { cause })
  }
}
