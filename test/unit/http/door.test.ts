import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { type Door, openDoor } from '../../../src/http/index.ts'
import { until } from '../../support/until.ts'

let door: Door
afterEach(async () => {
  const closed = door.close()
  door.destroy()
  await closed
})

async function openTestDoor(): Promise<string> {
  door = await openDoor({ host: '127.0.0.1', port: 0, headersTimeoutMs: 5_000 })
  return `http://127.0.0.1:${door.port}/`
}

it('answers who came before the service was there, with nothing of their body lost', async () => {
  const url = await openTestDoor()
  const body = 'x'.repeat(1_000_000)
  const early = fetch(url, { method: 'POST', body })
  // Its connection is there before the service is.
  const other = connect(door.port, '127.0.0.1')
  await once(other, 'connect')
  door.admit(async (req, res) => void res.end(String((await buffer(req)).length)))
  expect(await (await early).text()).toBe(String(body.length))
  expect(await (await fetch(url, { method: 'POST', body: 'abc' })).text()).toBe('3')
  other.destroy()
})

it('troubles the service with nobody who hung up while waiting', async () => {
  const url = await openTestDoor()
  const open = new Set<string>()
  const onRequest = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    if (request.headers.host !== new URL(url).host) return
    open.add(String(request.url))
    response.once('close', () => open.delete(String(request.url)))
  }
  subscribe('http.server.request.start', onRequest)
  const impatient = new AbortController()
  const early = fetch(`${url}early`, { signal: impatient.signal })
  const patient = fetch(`${url}patient`)
  await until('both wait', () => open.size === 2)
  impatient.abort()
  await expect(early).rejects.toThrow()
  await until('one has hung up', () => !open.has('/early'))
  const came: (string | undefined)[] = []
  door.admit((req, res) => {
    came.push(req.url)
    res.end()
  })
  await patient
  unsubscribe('http.server.request.start', onRequest)
  expect(came).toEqual(['/patient'])
})
