import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { vi } from 'vitest'

export interface SilentServer {
  readonly endpoint: string
  /** Requests that came in, and those whose connection the caller has ended. */
  readonly counts: { arrived: number; hungUp: number }
  /** Resolves once every request that came in has been hung up on. */
  allHungUp(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export type Responder = (req: IncomingMessage, res: ServerResponse) => void

/** A server that takes requests and, unless told how to answer, never says a word. */
export async function startSilentServer(
  respond: Responder = () => undefined,
): Promise<SilentServer> {
  const counts = { arrived: 0, hungUp: 0 }
  const server = createServer((req, res) => {
    counts.arrived += 1
    res.on('close', () => {
      if (!res.writableFinished) counts.hungUp += 1
    })
    req.on('error', () => undefined).resume()
    respond(req, res)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    counts,
    allHungUp: () =>
      vi.waitFor(
        () => {
          if (counts.arrived === 0 || counts.hungUp < counts.arrived) {
            throw new Error(`${counts.hungUp} of ${counts.arrived} were hung up on`)
          }
        },
        { timeout: 3_000, interval: 5 },
      ),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
