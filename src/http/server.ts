import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SECOND_MS } from '../kernel/index.ts'

export interface ServerOptions {
  readonly host: string
  readonly port: number
  /** Until all headers are in: a client slower than this is answered 408. */
  readonly headersTimeoutMs: number
}

export interface RunningServer {
  /** The port it listens on, also when 0 was asked for. */
  readonly port: number
  /** Takes no new connection; resolves when every request under way has been answered. */
  close(): Promise<void>
  /** Cuts what is still open. */
  destroy(): void
}

/** A server that listens before there is anybody to answer. */
export interface Door extends RunningServer {
  /** Lets in those who wait, and from now on everybody. Called once. */
  admit(app: RequestListener): void
}

const DEFAULT_CHECK_MS = 30 * SECOND_MS

/**
 * Listens at once: the platform's first probe then waits for the service instead of coming again a
 * period later. Requests are held, bodies unread, until `admit`.
 */
export async function openDoor(options: ServerOptions): Promise<Door> {
  const { headersTimeoutMs: headersTimeout } = options
  // Node looks for late headers only so often; left at its 30 s, a shorter limit would not hold.
  const connectionsCheckingInterval = Math.min(headersTimeout / 2, DEFAULT_CHECK_MS)
  const waiting: Parameters<RequestListener>[] = []
  let answer: RequestListener = (...request) => void waiting.push(request)
  const server = createServer(
    { headersTimeout, connectionsCheckingInterval, requestTimeout: 0 },
    (req, res) => answer(req, res),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  return {
    port: portOf(server),
    admit: (app) => {
      answer = app
      // Who has hung up meanwhile asks for nothing any more.
      for (const [req, res] of waiting.splice(0)) if (!res.destroyed) app(req, res)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
    destroy: () => server.closeAllConnections(),
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
