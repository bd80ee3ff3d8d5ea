import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { answerBody, type Heard, hearDigest, refusalBody } from './provider-answers.ts'
import { createProviderFaults, type ProviderFault, type ProviderFaults } from './provider-faults.ts'
import { type ProviderRequest, readProviderRequest } from './provider-requests.ts'

export type { Heard } from './provider-answers.ts'
export type { ProviderFault } from './provider-faults.ts'

export interface ProviderServer {
  /** Deepgram's base URL. */
  readonly baseUrl: string
  /** OpenAI's, version included. */
  readonly openaiBaseUrl: string
  readonly faults: ProviderFaults
  /** Every request whose body arrived, whatever it met; a test may empty it. */
  readonly requests: ProviderRequest[]
  /** Requests taken and not yet answered or dropped. */
  readonly inFlight: { readonly now: number; readonly peak: number }
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface ProviderServerOptions {
  /** Default: text told by the audio's digest and length, so that the same audio is the same text. */
  readonly hear?: (request: ProviderRequest) => Heard
  /** How long an answer takes, in ms; default 0. */
  readonly latencyMs?: () => number
  /** Called as soon as a request is whole; what it returns, when the request is over. */
  readonly onRequest?: (request: ProviderRequest) => (end: RequestEnd) => void
}

/** Answered in full, spoilt by a fault, or given up by the caller. */
export type RequestEnd = 'answered' | 'failed' | 'aborted'

/**
 * Deepgram (`POST /v1/listen`) and OpenAI (`POST /v1/audio/transcriptions`) over real HTTP on the
 * loopback interface, answering in their shapes and misbehaving as told by `faults`.
 */
export async function startProviderServer(
  options: ProviderServerOptions = {},
): Promise<ProviderServer> {
  const hear = options.hear ?? hearDigest
  const faults = createProviderFaults()
  const requests: ProviderRequest[] = []
  const inFlight = { now: 0, peak: 0 }
  const closing = new AbortController()
  const server = createServer((req, res) => {
    inFlight.now += 1
    inFlight.peak = Math.max(inFlight.peak, inFlight.now)
    res.once('close', () => {
      inFlight.now -= 1
    })
    readProviderRequest(req)
      .then(async (request) => {
        if (request === undefined) return void res.writeHead(404).end('{"error":"no such path"}')
        requests.push(request)
        const fault = faults.take(request)
        const ended = options.onRequest?.(request)
        res.once('close', () => ended?.(endOf(res, fault)))
        const ms = (options.latencyMs?.() ?? 0) + (fault?.kind === 'slow' ? fault.ms : 0)
        if (ms > 0) await delay(ms, undefined, { signal: closing.signal })
        answer(res, request, fault, answerBody(request, hear(request)))
      })
      .catch(() => res.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  const baseUrl = `http://127.0.0.1:${address.port}`
  const close = async () => {
    closing.abort()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return {
    baseUrl,
    openaiBaseUrl: `${baseUrl}/v1`,
    faults,
    requests,
    inFlight,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function endOf(res: ServerResponse, fault: ProviderFault | undefined): RequestEnd {
  if (fault !== undefined && fault.kind !== 'slow') return 'failed'
  return res.writableFinished ? 'answered' : 'aborted'
}

function answer(
  res: ServerResponse,
  request: ProviderRequest,
  fault: ProviderFault | undefined,
  body: string,
): void {
  const json = { 'content-type': 'application/json' }
  const half = body.slice(0, body.length / 2)
  const begin = () => {
    res.writeHead(200, { ...json, 'content-length': Buffer.byteLength(body) })
    return res.write(half, () => fault?.kind === 'cut' && res.socket?.resetAndDestroy())
  }
  switch (fault?.kind) {
    case 'status': {
      const { status, retryAfter, location } = fault
      const headers = {
        ...json,
        ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
        ...(location !== undefined && { location }),
      }
      return void res.writeHead(status, headers).end(fault.body ?? refusalBody(request, status))
    }
    case 'html-200':
      return void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>')
    case 'empty-body':
      return void res.writeHead(200, json).end()
    case 'truncated-json':
      return void res.writeHead(200, json).end(half)
    case 'wrong-shape':
      return void res.writeHead(200, json).end('{"results":{"channels":[]},"ok":true}')
    case 'body':
      return void res
        .writeHead(200, { 'content-type': fault.contentType ?? 'application/json' })
        .end(fault.body)
    case 'reset':
      return void res.socket?.resetAndDestroy()
    case 'cut':
    case 'stall':
      return void begin()
    case 'hang':
      return
    case 'slow':
    case undefined:
      return void res.writeHead(200, json).end(body)
  }
}
