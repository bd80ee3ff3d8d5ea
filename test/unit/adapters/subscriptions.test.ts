import { createServer, type RequestListener } from 'node:http'
import { describe, expect, test } from 'vitest'
import {
  createHttpSubscriptions,
  createStaticSubscriptions,
} from '../../../src/adapters/subscriptions/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { UnavailableError, uidSchema } from '../../../src/kernel/index.ts'
import { simulatedClock } from '../../support/simulated-clock.ts'

const uid = uidSchema.parse('a/user?1')
const clock = systemClock()

/** A directory that answers as told, and notes what it was asked. */
async function directory(answer: RequestListener) {
  const asked: { readonly url: string; readonly token: string }[] = []
  const server = createServer((req, res) => {
    asked.push({ url: req.url ?? '', token: req.headers.authorization ?? '' })
    answer(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    asked,
    url: `http://127.0.0.1:${port}/subscriptions`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
const json =
  (body: unknown, status = 200): RequestListener =>
  (_, res) =>
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
const options = (url: string) => ({ url, timeoutMs: 5_000, cacheMs: 60_000, clock })

test('the static directory knows the unlimited users by name', async () => {
  const { find } = createStaticSubscriptions({ unlimitedUids: ['vip'] })
  expect(await find(uidSchema.parse('vip'))).toEqual({ tier: 'unlimited', hasCredits: true })
  expect(await find(uid)).toEqual({ tier: 'standard', hasCredits: true })
})

describe('the HTTP directory', () => {
  test('asks for the user, with its token, and believes tier and credits', async () => {
    await using server = await directory(json({ tier: 'unlimited', has_credits: false, more: 1 }))
    const { find } = createHttpSubscriptions({ ...options(server.url), token: 't0ken' })
    expect(await find(uid)).toEqual({ tier: 'unlimited', hasCredits: false })
    expect(server.asked).toEqual([{ url: '/subscriptions/a%2Fuser%3F1', token: 'Bearer t0ken' }])
  })

  test('takes who is unknown there for standard, and credits unsaid for credits', async () => {
    await using unknown = await directory(json({}, 404))
    await using terse = await directory(json({ tier: 'standard' }))
    for (const { url } of [unknown, terse]) {
      expect(await createHttpSubscriptions(options(url)).find(uid)).toEqual({
        tier: 'standard',
        hasCredits: true,
      })
    }
  })

  test('is asked once for many at the same time, and again when its answer is old', async () => {
    await using server = await directory(json({ tier: 'unlimited' }))
    const simulated = simulatedClock()
    const { find } = createHttpSubscriptions({ ...options(server.url), clock: simulated })
    await Promise.all([find(uid), find(uid), find(uid)])
    await find(uid)
    expect(server.asked).toHaveLength(1)
    await simulated.advance(60_000)
    await find(uid)
    expect(server.asked).toHaveLength(2)
    expect(simulated.sleeping).toBe(0)
  })

  test.each([
    ['an error', json({ tier: 'standard' }, 500)],
    ['a redirect', json({ tier: 'standard' }, 302)],
    ['another shape', json({ tier: 'gold' })],
    ['no JSON', (_, res) => res.end('<html>')],
    [
      'a cut body',
      (req, res) =>
        res.writeHead(200, { 'content-length': '99' }).write('{"tier"', () => req.socket.destroy()),
    ],
    ['nothing at all', (req) => req.socket.destroy()],
  ] as [string, RequestListener][])(
    'that answers %s proves nothing, and is asked again',
    async (_, answer) => {
      let isBroken = true
      await using server = await directory((req, res) =>
        isBroken ? answer(req, res) : json({ tier: 'unlimited' })(req, res),
      )
      const { find } = createHttpSubscriptions(options(server.url))
      await expect(find(uid)).rejects.toThrow(UnavailableError)
      isBroken = false
      expect(await find(uid)).toMatchObject({ tier: 'unlimited' })
    },
  )

  test('that does not answer in time is given up', async () => {
    await using server = await directory(() => undefined)
    const { find } = createHttpSubscriptions({ ...options(server.url), timeoutMs: 50 })
    await expect(find(uid)).rejects.toMatchObject({ party: 'subscriptions' })
  })
})
