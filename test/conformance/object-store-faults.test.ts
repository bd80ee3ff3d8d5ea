import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../../src/kernel/index.ts'
import type { FaultRule } from '../../src/local/gcs/index.ts'
import { bytes, CALLS, chunked, fresh, TEXT, textOf, WHY } from './object-store/calls.ts'
import { gcsForTests, gcsStoreAt, LIMITS } from './object-store/gcs-subject.ts'
import { startSilentServer } from './object-store/silent-server.ts'

const LONG_MS = 3_600_000

describe('the Cloud Storage store, its server failing', () => {
  const gcs = gcsForTests()
  const arm = (...rules: FaultRule[]) => {
    for (const rule of rules) gcs.server.faults.add(rule)
  }
  const hits = () => gcs.server.faults.list().map((rule) => rule.hits)

  describe('tries again', () => {
    it.for([408, 429, 500, 503, 'reset'] as const)('a create that met %s (F6)', async (status) => {
      const name = fresh()
      arm({ operation: 'create', status, times: 2 })
      expect(await gcs.store.create(name, bytes('mine'), TEXT)).toBe('created')
      expect(hits()).toEqual([2])
    })

    it('a create from pieces, which it sends anew from the first (F6)', async () => {
      const name = fresh()
      arm({ operation: 'create', status: 'reset' })
      const pieces = ['a', 'b', 'c'].map((letter) => bytes(letter.repeat(100_000)))
      expect(await gcs.store.create(name, pieces, TEXT)).toBe('created')
      expect(await textOf(gcs.store, name)).toBe(Buffer.concat(pieces).toString())
    })

    it.for([503, 'reset'] as const)(
      'a create whose reply was lost by %s, and finds its own object (F6)',
      async (afterCommit) => {
        const name = fresh()
        arm({ operation: 'create', afterCommit })
        expect(await gcs.store.create(name, bytes('mine'), TEXT)).toBe('exists')
        expect(await textOf(gcs.store, name)).toBe('mine')
      },
    )

    it('a replace whose reply was lost, and finds its own write in the way', async () => {
      const name = fresh()
      arm({ operation: 'create', afterCommit: 'reset' })
      const write = gcs.store.replace(name, bytes('mine'), { ...TEXT, ifGeneration: '0' })
      expect(await write).toEqual({ kind: 'conflict' })
      expect(await textOf(gcs.store, name)).toBe('mine')
    })

    it('a delete whose reply was lost, and finds nothing left to do', async () => {
      const name = await put('x')
      arm({ operation: 'delete', afterCommit: 503 })
      await gcs.store.delete(name)
      expect(await gcs.store.stat(name)).toBeUndefined()
    })

    it.for(['read', 'stat', 'list'] as const)(
      'a %s that met 503 and a reset',
      async (operation) => {
        const name = await put('kept')
        arm({ operation, status: 503 }, { operation, status: 'reset' })
        const answers = {
          read: () => textOf(gcs.store, name),
          stat: async () => (await gcs.store.stat(name)) && 'kept',
          list: async () => (await gcs.store.list(name, { limit: 1 })).length === 1 && 'kept',
        }
        expect(await answers[operation]()).toBe('kept')
        expect(hits()).toEqual([1, 1])
      },
    )

    it('a whole read that was cut (F61)', async () => {
      const name = await put('x'.repeat(10_000))
      arm({ operation: 'read', cutBodyAfterBytes: 5_000 })
      expect(await textOf(gcs.store, name)).toHaveLength(10_000)
    })

    it('the beginning of a download', async () => {
      const name = await put('whole')
      arm({ operation: 'read', status: 503 }, { operation: 'read', status: 'reset' })
      expect(String(await buffer(gcs.store.openRead(name)))).toBe('whole')
    })
  })

  it('keeps trying again after a refused upload, as the client by itself would not', async () => {
    const name = await put('x')
    await gcs.store.create(name, bytes('y'), TEXT)
    arm({ operation: 'stat', status: 503, times: 2 })
    expect(await gcs.store.stat(name)).toMatchObject({ sizeBytes: 1 })
  })

  describe('says that nothing is proven', () => {
    it.for(Object.entries(CALLS))('%s: 503 until its budget is spent', async ([, call]) => {
      arm({ status: 503, times: 1_000 })
      const started = performance.now()
      await expect(call(gcs.store, fresh(), live())).rejects.toThrow(UnavailableError)
      expect(performance.now() - started).toBeLessThan(LIMITS.operationTimeoutMs * 2)
    })

    it('a create refused for good is not tried again', async () => {
      arm({ operation: 'create', status: 403, times: 9 })
      await expect(gcs.store.create(fresh(), bytes('x'), TEXT)).rejects.toMatchObject({
        name: 'UnavailableError',
        party: 'gcs',
        message: expect.stringContaining('403'),
      })
      expect(hits()).toEqual([1])
    })

    it.for(Object.entries(CALLS))('%s: the bucket is missing, not the object', async ([, call]) => {
      const elsewhere = gcsStoreAt(gcs.server.endpoint, 'no-such-bucket')
      await expect(call(elsewhere, fresh(), live())).rejects.toThrow(UnavailableError)
    })

    it('an upload whose last reply was lost', async () => {
      arm({ operation: 'create', afterCommit: 'reset' })
      const source = chunked([bytes('streamed')])
      await expect(gcs.store.createFromStream(fresh(), source, TEXT)).rejects.toThrow(
        UnavailableError,
      )
    })
  })

  async function put(text: string): Promise<string> {
    const name = fresh()
    await gcs.store.create(name, bytes(text), TEXT)
    return name
  }
})

describe('the Cloud Storage store, its server silent', () => {
  it.for(Object.entries(CALLS))('%s ends in time and hangs up', async ([, call]) => {
    await using server = await startSilentServer()
    const store = gcsStoreAt(server.endpoint, 'objects', { operationTimeoutMs: 300 })
    const started = performance.now()
    await expect(call(store, 'x', live())).rejects.toThrow(UnavailableError)
    expect(performance.now() - started).toBeLessThan(1_500)
    await server.allHungUp()
  })

  it.for(Object.entries(CALLS))('%s ends with its signal, and hangs up', async ([, call]) => {
    const caller = new AbortController()
    await using server = await startSilentServer(() => caller.abort(WHY))
    const store = gcsStoreAt(server.endpoint, 'objects', { operationTimeoutMs: LONG_MS })
    await expect(call(store, 'x', caller.signal)).rejects.toBe(WHY)
    await server.allHungUp()
    expect(server.counts.arrived).toBe(1)
  })

  it('an aborted pause before another try leads to none', async () => {
    const caller = new AbortController()
    await using server = await startSilentServer((_, res) => {
      res.writeHead(503).end()
      setTimeout(() => caller.abort(WHY), 30)
    })
    const store = gcsStoreAt(server.endpoint)
    await expect(store.stat('x', caller.signal)).rejects.toBe(WHY)
    await sleep(300)
    expect(server.counts.arrived).toBe(1)
  })
})

describe('the Cloud Storage store, its server lying', () => {
  it.for(Object.entries(CALLS))('%s: a page of a proxy is no answer', async ([, call]) => {
    const page = `<html>${'<p>404. That is an error.</p>'.repeat(2_000)}</html>`
    await using server = await startSilentServer((_, res) => {
      res.writeHead(404, { 'content-type': 'text/html' }).end(page)
    })
    const store = gcsStoreAt(server.endpoint)
    const failure: unknown = await call(store, 'x', live()).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UnavailableError)
    expect(String(failure).length).toBeLessThan(500)
    expect(String(failure instanceof Error && failure.cause).length).toBeLessThan(500)
  })

  it('a whole read that does not match its checksum is no object', async () => {
    await using server = await startSilentServer((_, res) => {
      res.writeHead(200, { 'x-goog-generation': '1', 'x-goog-hash': 'crc32c=AAAAAA==,md5=x' })
      res.end('damaged on the way')
    })
    const store = gcsStoreAt(server.endpoint, 'objects', { operationTimeoutMs: 600 })
    await expect(store.read('x')).rejects.toThrow(/CRC32C/)
    expect(server.counts.arrived).toBeGreaterThan(1)
  })

  it('an upload that arrived damaged is removed, and only that generation of it', async () => {
    const deleted: (string | undefined)[] = []
    await using server = await startSilentServer((req, res) => {
      const json = (value: unknown, headers = {}) =>
        req.on('end', () => {
          res.writeHead(200, { 'content-type': 'application/json', ...headers })
          res.end(JSON.stringify(value))
        })
      if (req.method === 'POST') json({}, { location: `${server.endpoint}/session` })
      if (req.method === 'PUT') json({ generation: '7', crc32c: 'AAAAAA==', size: '8' })
      if (req.method === 'DELETE') {
        deleted.push(req.url)
        res.writeHead(204).end()
      }
    })
    const store = gcsStoreAt(server.endpoint)
    const creation = store.createFromStream('x', chunked([bytes('streamed')]), TEXT)
    await expect(creation).rejects.toThrow(UnavailableError)
    expect(deleted).toEqual([expect.stringContaining('ifGenerationMatch=7')])
  })

  it('collects a listing from short and empty pages', async () => {
    const pages = [['a', 'b'], [], ['c'], ['d', 'e']]
    await using server = await startSilentServer((req, res) => {
      const at = Number(new URL(req.url ?? '', 'http://x').searchParams.get('pageToken') ?? 0)
      const items = (pages[at] ?? []).map((name) => ({ name, timeCreated: '2026-01-01T00:00:00Z' }))
      const next = at + 1 < pages.length ? { nextPageToken: String(at + 1) } : {}
      res.writeHead(200, { 'content-type': 'application/json' })
      res.end(JSON.stringify({ ...(items.length > 0 ? { items } : {}), ...next }))
    })
    const list = async (limit: number, startAfter: string) =>
      (await gcsStoreAt(server.endpoint).list('', { limit, startAfter })).map(({ name }) => name)
    expect(await list(100, 'a')).toEqual(['b', 'c', 'd', 'e'])
    expect(await list(2, 'a')).toEqual(['b', 'c'])
  })
})

function live(): AbortSignal {
  return new AbortController().signal
}
