import { OAuth2Client } from 'google-auth-library'
import { describe, expect, it } from 'vitest'
import { eventually, type Rig, span } from './rig.ts'
import { startWorker } from './worker.ts'

const FAST = { minBackoff: { nanos: 100_000_000 }, maxBackoff: { nanos: 100_000_000 } }

export function dispatchContract(rig: () => Rig): void {
  describe('dispatch', () => {
    it('sends the request as given, with the headers of a first attempt', async () => {
      const { queue, create, worker, gone } = rig()
      const parent = await queue()
      const body = Buffer.from([0, 1, 2, 253, 254, 255])
      const name = await create(parent, {
        id: 'first',
        httpRequest: {
          url: `${worker.url}?a=1&b=%20`,
          httpMethod: 'PUT',
          headers: {
            'Content-Type': 'application/octet-stream',
            'X-Own': 'kept',
            'X-CloudTasks-TaskRetryCount': '99',
            'x-cloudtasks-forged': 'yes',
            'User-Agent': 'me',
          },
          body,
        },
      })
      const { method, path, headers, ...request } = await worker.request(1)
      expect([method, path]).toEqual(['PUT', '/run?a=1&b=%20'])
      expect(request.body).toEqual(body)
      expect(headers).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-length': '6',
        'x-own': 'kept',
        'user-agent': 'Google-Cloud-Tasks',
        'x-cloudtasks-queuename': parent.split('/').at(-1),
        'x-cloudtasks-taskname': 'first',
        'x-cloudtasks-taskretrycount': '0',
        'x-cloudtasks-taskexecutioncount': '0',
      })
      expect(headers['x-cloudtasks-tasketa']).toMatch(/^\d{10}\.\d+$/)
      expect(headers).not.toHaveProperty('x-cloudtasks-forged')
      expect(headers).not.toHaveProperty('x-cloudtasks-taskpreviousresponse')
      expect(headers).not.toHaveProperty('x-cloudtasks-taskretryreason')
      await gone(name)
      expect(worker.received).toHaveLength(1)
    })

    it('counts every earlier attempt as a retry, but only non-5xx answers as executions', async () => {
      const { queue, create, worker, gone } = rig()
      worker.script(503, 404, 429, 500, 302)
      await gone(await create(await queue({ retryConfig: FAST })))
      const facts = worker.received.map(({ headers }) => [
        headers['x-cloudtasks-taskretrycount'],
        headers['x-cloudtasks-taskexecutioncount'],
        headers['x-cloudtasks-taskpreviousresponse'],
        headers['x-cloudtasks-taskretryreason'],
      ])
      expect(facts).toEqual([
        ['0', '0', undefined, undefined],
        ['1', '0', '503', ''],
        ['2', '1', '404', ''],
        ['3', '2', '429', ''],
        ['4', '2', '500', ''],
        ['5', '3', '302', ''],
      ])
    })

    it('does not follow a redirect', async () => {
      const { queue, create, worker, gone } = rig()
      const elsewhere = await startWorker()
      worker.script((res) => res.writeHead(307, { location: elsewhere.url }).end())
      await gone(await create(await queue({ retryConfig: FAST })))
      expect([worker.received.length, elsewhere.received.length]).toEqual([2, 0])
      await elsewhere.close()
    })

    it.each([200, 202, 204, 299])('takes %i for success', async (status) => {
      const { queue, create, worker, gone } = rig()
      worker.script(status)
      await gone(await create(await queue({ retryConfig: FAST })))
      expect(worker.received).toHaveLength(1)
    })

    it('retries a target that cannot be reached or breaks off', async () => {
      const { queue, create, worker, gone } = rig()
      worker.script(
        (res) => res.destroy(),
        (res) =>
          void res.writeHead(200, { 'content-length': '10' }).write('half', () => res.destroy()),
      )
      await gone(await create(await queue({ retryConfig: FAST })))
      expect(worker.received.map(({ headers }) => headers['x-cloudtasks-taskretrycount'])).toEqual([
        '0',
        '1',
        '2',
      ])
      expect(worker.received.at(-1)?.headers['x-cloudtasks-taskexecutioncount']).toBe('0')
    })

    it('mints the token at dispatch for the audience, or for the whole URL', async () => {
      const { queue, create, worker, server } = rig()
      const parent = await queue()
      const url = `${worker.url}?q=1`
      const email = 'invoker@test-project.iam.gserviceaccount.com'
      const headers = { Authorization: 'Bearer forged' }
      const audiences = [undefined, 'https://service.example']
      for (const [index, audience] of audiences.entries()) {
        const oidcToken = { serviceAccountEmail: email, ...(audience && { audience }) }
        await create(parent, { httpRequest: { url, headers, oidcToken } })
        const { authorization = '' } = (await worker.request(index + 1)).headers
        const token = authorization.replace('Bearer ', '')
        const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
        const aud = audience ?? url
        expect(claims).toMatchObject({ aud, email, email_verified: true })
        expect(claims.exp - claims.iat).toBe(3_600)
        if (server.certs === undefined) continue
        await new OAuth2Client().verifySignedJwtWithCertsAsync(token, server.certs(), aud, [
          'https://accounts.google.com',
        ])
      }
    })

    it('leaves an own Authorization header alone when no token is asked for', async () => {
      const { queue, create, worker } = rig()
      await create(await queue(), { httpRequest: { headers: { Authorization: 'Basic abc' } } })
      expect((await worker.request(1)).headers.authorization).toBe('Basic abc')
    })

    it('runs no more at once than the queue allows', async () => {
      const { queue, create, worker, gone } = rig()
      const parent = await queue({ rateLimits: { maxConcurrentDispatches: 2 } })
      const open: (() => void)[] = []
      const held = (res: { writeHead(status: number): { end(): unknown } }) => {
        open.push(() => void res.writeHead(200).end())
      }
      worker.script(held, held, held, held, held)
      const names = []
      for (let n = 0; n < 5; n++) names.push(await create(parent))
      for (const [index, name] of names.entries()) {
        await eventually(() => expect(open).toHaveLength(Math.min(index + 2, 5)))
        open[index]?.()
        await gone(name)
      }
      expect(worker.received).toHaveLength(5)
    })

    it('delivers nothing before its time', async () => {
      const { queue, create, worker, gone } = rig()
      const dueMs = Date.now() + 1_200
      await gone(await create(await queue(), { scheduleTime: span(dueMs) }))
      // Timers may fire within their own millisecond.
      expect(Date.now()).toBeGreaterThanOrEqual(dueMs - 1)
      const eta = Number((await worker.request(1)).headers['x-cloudtasks-tasketa'])
      expect(Math.abs(eta * 1_000 - dueMs)).toBeLessThan(2)
    })

    it('runs a task at once when told, whatever its time', async () => {
      const { client, queue, create, worker, gone } = rig()
      const scheduleTime = span(Date.now() + 3_600_000)
      const name = await create(await queue(), { scheduleTime })
      const [run] = await client.runTask({ name })
      expect(run).toMatchObject({ name, dispatchCount: 1 })
      await worker.request(1)
      await gone(name)
    })

    it('lets the handler of a deleted task go on, and never calls again', async () => {
      const { client, queue, create, worker, gone } = rig()
      const parent = await queue({ retryConfig: FAST })
      let fail = () => {}
      worker.script((res) => {
        fail = () => void res.writeHead(500).end()
      })
      const name = await create(parent)
      const request = await worker.request(1)
      await client.deleteTask({ name })
      fail()
      // Due after the retry would have been.
      const scheduleTime = span(Date.now() + 300)
      await gone(await create(parent, { id: 'later', scheduleTime }))
      expect(request.isCutOff).toBe(false)
      expect(worker.received.map(({ headers }) => headers['x-cloudtasks-taskname'])).toEqual([
        name.split('/').at(-1),
        'later',
      ])
    })
  })
}
