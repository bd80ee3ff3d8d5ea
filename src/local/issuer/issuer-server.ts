import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Clock } from '../../ports/index.ts'
import { createIssuerFaults, type IssuerFaults, issuerFaultSchema } from './issuer-faults.ts'
import type { TokenIssuer } from './token-issuer.ts'

export interface IssuerServer {
  readonly host: string
  readonly port: number
  readonly url: string
  /** Keys of the OIDC tokens. */
  readonly certsUrl: string
  /** Keys of the Firebase tokens (the same ones). */
  readonly firebaseCertsUrl: string
  readonly faults: IssuerFaults
  /** Fetches that arrived, whatever they met. */
  readonly fetches: { readonly oidc: number; readonly firebase: number }
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface IssuerServerOptions {
  readonly issuer: TokenIssuer
  /** 0 takes a free one. */
  readonly port: number
  readonly host?: string
  readonly clock: Clock
  /** `max-age` of the keys; Google's is a few hours. */
  readonly maxAgeSeconds?: number
}

const CERT_PATHS = { '/oauth2/v1/certs': 'oidc', '/firebase/certs': 'firebase' } as const

/**
 * Serves the keys as `{kid: pem}`. For chaos: `POST /faults` (an IssuerFault), `DELETE /faults`,
 * `GET /stats`. Rejects when the port is taken.
 */
export async function startIssuerServer(options: IssuerServerOptions): Promise<IssuerServer> {
  const host = options.host ?? '127.0.0.1'
  const state = {
    ...options,
    faults: createIssuerFaults(),
    fetches: { oidc: 0, firebase: 0 },
    stopping: new AbortController(),
  }
  const server = createServer((req, res) => {
    route(state, req, res).catch((error: unknown) => {
      if (state.stopping.signal.aborted) res.destroy()
      else answerJson(res, 400, { error: String(error) })
    })
  })
  const port = await listen(server, options.port, host)
  const url = `http://${host}:${port}`
  const close = async () => {
    state.stopping.abort(new Error('issuer server closed'))
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return {
    host,
    port,
    url,
    certsUrl: `${url}/oauth2/v1/certs`,
    firebaseCertsUrl: `${url}/firebase/certs`,
    faults: state.faults,
    fetches: state.fetches,
    close,
    [Symbol.asyncDispose]: close,
  }
}

interface IssuerState extends IssuerServerOptions {
  readonly faults: IssuerFaults
  readonly fetches: { oidc: number; firebase: number }
  readonly stopping: AbortController
}

async function route(state: IssuerState, req: IncomingMessage, res: ServerResponse) {
  const { pathname } = new URL(req.url ?? '/', 'http://issuer')
  const deed = `${req.method} ${pathname}`
  if (req.method === 'GET' && isCertPath(pathname)) {
    state.fetches[CERT_PATHS[pathname]] += 1
    await answerCerts(state, res)
  } else if (deed === 'POST /faults') {
    state.faults.add(issuerFaultSchema.parse(JSON.parse(await text(req))))
    answerJson(res, 201, state.faults.list())
  } else if (deed === 'DELETE /faults') {
    state.faults.clear()
    answerJson(res, 200, [])
  } else if (deed === 'GET /stats') {
    answerJson(res, 200, { fetches: state.fetches, faults: state.faults.list() })
  } else answerJson(res, 404, { error: 'not_found' })
}

async function answerCerts(state: IssuerState, res: ServerResponse): Promise<void> {
  const fault = state.faults.take()
  if (fault?.kind === 'hang') return
  if (fault?.kind === 'delay') await state.clock.sleep(fault.ms, state.stopping.signal)
  if (fault?.kind === 'status') answerJson(res, fault.status, {})
  else if (fault?.kind === 'html-200') {
    res.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in to the network</html>')
  } else {
    const maxAge = state.maxAgeSeconds ?? 3_600
    res.setHeader('cache-control', `public, max-age=${maxAge}, must-revalidate, no-transform`)
    answerJson(res, 200, state.issuer.certs())
  }
}

function answerJson(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function isCertPath(path: string): path is keyof typeof CERT_PATHS {
  return Object.hasOwn(CERT_PATHS, path)
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return address.port
}
