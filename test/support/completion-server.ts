import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import * as z from 'zod'

const requestSchema = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
  response_format: z.looseObject({ type: z.string() }),
})
export type CompletionRequest = z.infer<typeof requestSchema>

/** What one call meets. */
export type Reply = (res: ServerResponse, req: IncomingMessage) => void

/** `content` as the message of a completion; `null` stands for a refusal. */
export const says =
  (content: string | null): Reply =>
  (res) =>
    respond(res, 200, JSON.stringify(completionOf(content)))

/** A body that is not what the API answers. */
export const responds =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply =>
  (res) =>
    respond(res, status, body, headers)

/** Headers, half of a completion, and nothing more. */
export const stalls: Reply = (res) => {
  res.writeHead(200, { 'content-type': 'application/json' }).write('{"id":"1","choices":[')
}

/** Not even headers. */
export const hangs: Reply = () => undefined

export const resets: Reply = (res) => void res.socket?.resetAndDestroy()

export function completionOf(content: string | null): unknown {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'test-model',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
  }
}

export interface CompletionServer extends AsyncDisposable {
  /** Version included. */
  readonly baseUrl: string
  readonly requests: CompletionRequest[]
  /** Connections that are open now. */
  readonly open: () => Promise<number>
}

/** A server with OpenAI's `/chat/completions` on the loopback interface: one reply a call, in their order. */
export async function startCompletionServer(
  ...replies: readonly Reply[]
): Promise<CompletionServer> {
  const requests: CompletionRequest[] = []
  const left = [...replies]
  const server = createServer((req, res) => {
    text(req)
      .then((body) => {
        if (req.url !== '/v1/chat/completions') return respond(res, 404, '{}')
        requests.push(requestSchema.parse(JSON.parse(body)))
        const reply = left.shift()
        if (!reply) return respond(res, 500, '{"error":{"message":"nothing is left to say"}}')
        return reply(res, req)
      })
      .catch(() => res.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    requests,
    open: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
      }),
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function respond(
  res: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}
