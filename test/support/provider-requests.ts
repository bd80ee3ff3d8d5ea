import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { WAV_HEADER_BYTES } from '../../src/kernel/index.ts'

/** One call as it arrived, whichever API it came by. */
export interface ProviderRequest {
  readonly api: 'deepgram' | 'openai'
  /** Of the URL, without its query. */
  readonly path: string
  readonly authorization: string | undefined
  readonly model: string | undefined
  readonly language: string | undefined
  readonly vocabulary: readonly string[]
  /** Deepgram's query, OpenAI's form without the file. */
  readonly parameters: readonly (readonly [string, string])[]
  readonly wav: Buffer
  readonly durationMs: number
  /** Hex SHA-256 of the samples: the same audio is the same text. */
  readonly sha256: string
}

/** Undefined for a path that neither API has. */
export async function readProviderRequest(
  req: IncomingMessage,
): Promise<ProviderRequest | undefined> {
  const url = new URL(req.url ?? '/', 'http://provider')
  const body = await buffer(req)
  if (req.method !== 'POST') return undefined
  if (url.pathname.endsWith('/v1/listen')) return deepgramRequest(req, url, body)
  if (url.pathname.endsWith('/audio/transcriptions')) return openaiRequest(req, url, body)
  return undefined
}

function deepgramRequest(req: IncomingMessage, url: URL, wav: Buffer): ProviderRequest {
  const query = url.searchParams
  return {
    api: 'deepgram',
    path: url.pathname,
    authorization: req.headers.authorization,
    model: query.get('model') ?? undefined,
    language: query.get('language') ?? undefined,
    vocabulary: [...query.getAll('keyterm'), ...query.getAll('keywords')],
    parameters: [...query],
    ...audioFacts(wav),
  }
}

async function openaiRequest(
  req: IncomingMessage,
  url: URL,
  body: Buffer,
): Promise<ProviderRequest> {
  const headers = { 'content-type': req.headers['content-type'] ?? '' }
  const form = await new Response(new Uint8Array(body), { headers }).formData()
  const texts = new URLSearchParams()
  let wav = Buffer.alloc(0)
  for (const [name, value] of form) {
    if (typeof value === 'string') texts.append(name, value)
    else wav = Buffer.from(await value.arrayBuffer())
  }
  return {
    api: 'openai',
    path: url.pathname,
    authorization: req.headers.authorization,
    model: texts.get('model') ?? undefined,
    language: texts.get('language') ?? undefined,
    vocabulary: texts.get('prompt')?.split(', ') ?? [],
    parameters: [...texts],
    ...audioFacts(wav),
  }
}

function audioFacts(wav: Buffer): Pick<ProviderRequest, 'wav' | 'durationMs' | 'sha256'> {
  const samples = wav.subarray(WAV_HEADER_BYTES)
  return {
    wav,
    durationMs: samples.byteLength / 32,
    sha256: createHash('sha256').update(samples).digest('hex'),
  }
}
