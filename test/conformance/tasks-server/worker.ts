import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { vi } from 'vitest'

interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingMessage['headers']
  /** Names as they came over the wire. */
  readonly headerNames: readonly string[]
  readonly body: Buffer
  /** The caller went before it was answered. */
  isCutOff: boolean
}

/** A status to answer with, or how to answer. */
export type Answer = number | ((res: ServerResponse) => void)

/** The target of tasks: records every request, answers as scripted, else 200. */
export interface Worker {
  readonly url: string
  readonly received: readonly Received[]
  /** Answers of the next requests, in order. */
  script(...answers: readonly Answer[]): void
  /** The n-th request (from 1), once it is there. */
  request(n: number): Promise<Received>
  close(): Promise<void>
}

export async function startWorker(port = 0): Promise<Worker> {
  const received: Received[] = []
  const answers: Answer[] = []
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const body = await buffer(req)
    const request = {
      method: req.method,
      path: req.url,
      headers: req.headers,
      headerNames: req.rawHeaders.filter((_, index) => index % 2 === 0),
      body,
      isCutOff: false,
    }
    res.on('close', () => {
      request.isCutOff = !res.writableFinished
    })
    received.push(request)
    const next = answers.shift() ?? 200
    if (typeof next === 'number') res.writeHead(next).end()
    else next(res)
  }
  const server = createServer((req, res) => {
    answer(req, res).catch(() => res.destroy())
  })
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return {
    url: `http://127.0.0.1:${address.port}/run`,
    received,
    script: (...next) => void answers.push(...next),
    request: (n) =>
      vi.waitFor(
        () => {
          const request = received[n - 1]
          if (request === undefined)
            throw new Error(`${received.length} requests, waiting for ${n}`)
          return request
        },
        { timeout: 5_000, interval: 5 },
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Takes the request and never answers. */
export const hang: Answer = () => {}
