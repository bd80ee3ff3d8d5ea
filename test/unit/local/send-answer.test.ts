import { once } from 'node:events'
import { createServer, get, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { sendAnswer } from '../../../src/local/gcs/send-answer.ts'

it('a reply that stalls is over when its caller has left before it began', async () => {
  const met = Promise.withResolvers<ServerResponse>()
  const server = createServer((_, res) => met.resolve(res))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const call = get({ port, host: '127.0.0.1' }).on('error', () => undefined)
  const res = await met.promise
  call.destroy()
  await once(res, 'close')
  const fault = { times: 1, share: 1, cutBy: 'reset', stallBodyAfterBytes: 1 } as const
  const sent = sendAnswer(res, { status: 200, body: 'word' }, fault)
  await expect(sent).rejects.toThrow(/close/i)
  await new Promise((resolve) => server.close(resolve))
})
