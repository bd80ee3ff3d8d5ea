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

const DEFAULT_CHECK_MS = 30 * SECOND_MS

export async function startServer(
  app: RequestListener,
  options: ServerOptions,
): Promise<RunningServer> {
  const { headersTimeoutMs: headersTimeout } = options
  // Node looks for late headers only so often; left at its 30 s, a shorter limit would not hold.
  const connectionsCheckingInterval = Math.min(headersTimeout / 2, DEFAULT_CHECK_MS)
  const server = createServer(
    { headersTimeout, connectionsCheckingInterval, requestTimeout: 0 },
    app,
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  return {
    port: portOf(server),
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
