import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { Storage } from '@google-cloud/storage'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FaultRule, type GcsServer, startGcsServer } from '../../src/local/gcs/index.ts'

const createOnly = { preconditionOpts: { ifGenerationMatch: 0 } }

describe('a fault asked of the local GCS server', () => {
  let folder: string
  let server: GcsServer
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gcs-'))
    server = await startGcsServer({ folder, port: 0, buckets: ['staging'], now: Date.now })
  })
  afterEach(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  const fileOf = (name: string, retryOptions = { autoRetry: false }) =>
    new Storage({ apiEndpoint: server.endpoint, projectId: 'p', retryOptions })
      .bucket('staging')
      .file(name)
  const save = (name: string, options = {}) =>
    fileOf(name).save('contents', { resumable: false, ...createOnly, ...options })

  test('fails a call before any effect', async () => {
    server.faults.add({ operation: 'create', status: 503 })
    await expect(save('x')).rejects.toMatchObject({ code: 503 })
    expect((await fileOf('x').exists())[0]).toBe(false)
    await save('x')
  })

  test('loses the reply after the effect: the retry of a create meets its own object', async () => {
    server.faults.add({ operation: 'create', afterCommit: 503 })
    await expect(save('x')).rejects.toMatchObject({ code: 503 })
    expect((await fileOf('x').download())[0].toString()).toBe('contents')
    await expect(save('x')).rejects.toMatchObject({ code: 412 })
  })

  test.for([false, true])('loses the reply by a reset, resumable %s', async (resumable) => {
    server.faults.add({ operation: 'create', afterCommit: 'reset' })
    await expect(save('x', { resumable })).rejects.toThrow()
    expect((await fileOf('x').download())[0].toString()).toBe('contents')
  })

  test('is outlived by the retries of the client', async () => {
    server.faults.add({ operation: 'stat', status: 503, times: 2 })
    await save('x')
    const quick = { autoRetry: true, retryDelayMultiplier: 1, maxRetryDelay: 0.01 }
    expect((await fileOf('x', quick).getMetadata())[0].name).toBe('x')
    expect(server.calls.stat).toBe(3)
  })

  test.for(['reset', 'end'] as const)('cuts a download by %s', async (cutBy) => {
    const contents = Buffer.alloc(1_000_000, 'x')
    await fileOf('x').save(contents, { resumable: false, ...createOnly })
    server.faults.add({ operation: 'read', cutBodyAfterBytes: 300_000, cutBy })
    const received: Buffer[] = []
    const reading = (async () => {
      for await (const chunk of fileOf('x').createReadStream()) received.push(chunk)
    })()
    await expect(reading).rejects.toThrow()
    expect(Buffer.concat(received).length).toBeLessThanOrEqual(300_000)
    expect((await fileOf('x').download())[0].length).toBe(1_000_000)
  })

  test('stalls a download until the reader gives up', async () => {
    await save('x')
    server.faults.add({ operation: 'read', stallBodyAfterBytes: 3 })
    // Not by the client: a download it gives up resets its other requests' connections too.
    const answer = await fetch(`${server.endpoint}/storage/v1/b/staging/o/x?alt=media`)
    const reader = answer.body?.getReader()
    const first = await reader?.read()
    expect([first?.done, Buffer.from(first?.value ?? []).toString()]).toEqual([false, 'con'])
    const next = reader?.read().then(() => 'more')
    const other = fileOf('x')
      .exists()
      .then(() => 'nothing yet')
    expect(await Promise.race([next, other])).toBe('nothing yet')
    await reader?.cancel()
    expect((await fileOf('x').download())[0].toString()).toBe('contents')
  })

  test('delays a call, and a closing server waits for none', async () => {
    server.faults.add({ operation: 'stat', delayMs: 3_600_000 })
    const asked = fileOf('x').getMetadata()
    const refused = expect(asked).rejects.toThrow()
    await expect.poll(() => server.faults.list()[0]?.hits).toBe(1)
    await server.close()
    await refused
  })

  test('hits only calls of its operation, method, path and object prefix', async () => {
    const rules: FaultRule[] = [
      { operation: 'read', prefix: 'jobs/', status: 500 },
      { method: 'delete', path: '/o/jobs%2F', status: 501 },
    ]
    for (const rule of rules) server.faults.add(rule)
    await save('jobs/1')
    await save('other')
    expect(String((await fileOf('other').download())[0])).toBe('contents')
    await fileOf('other').delete()
    await expect(fileOf('jobs/1').delete()).rejects.toMatchObject({ code: 501 })
    await expect(fileOf('jobs/1').download()).rejects.toMatchObject({ code: 500 })
    expect(server.faults.list().map((rule) => rule.hits)).toEqual([1, 1])
  })

  test('finds a session by the name of the object it makes', async () => {
    server.faults.add({ operation: 'create', prefix: 'jobs/', status: 'reset' })
    await save('other', { resumable: true })
    await expect(save('jobs/1', { resumable: true })).rejects.toThrow()
  })

  test('is asked for, shown and lifted over HTTP', async () => {
    const url = `${server.endpoint}/__faults`
    const post = (rule: unknown) => fetch(url, { method: 'POST', body: JSON.stringify(rule) })
    expect((await post([{ operation: 'stat', status: 500, times: 9 }])).status).toBe(200)
    await expect(fileOf('x').getMetadata()).rejects.toMatchObject({ code: 500 })
    const shown = await (await fetch(url)).json()
    expect(shown).toMatchObject([{ operation: 'stat', status: 500, times: 9, hits: 1 }])
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(204)
    await expect(fileOf('x').getMetadata()).rejects.toMatchObject({ code: 404 })
    for (const bad of [{ operation: 'sing' }, { path: '(' }, { statsu: 503 }, 7]) {
      expect((await post(bad)).status).toBe(400)
    }
    expect(server.faults.list()).toEqual([])
  })

  test('counts among the calls, which are exact and can be reset', async () => {
    server.faults.add({ operation: 'stat', status: 503 })
    await save('x')
    await save('y', { resumable: true })
    await expect(fileOf('x').getMetadata()).rejects.toMatchObject({ code: 503 })
    await fileOf('x').download()
    await buffer(fileOf('y').createReadStream())
    await fileOf('y').delete()
    const url = `${server.endpoint}/__stats`
    const none = { copy: 0, update: 0, list: 0, bucket: 0 }
    const calls = { ...none, create: 2, session: 1, stat: 1, read: 2, delete: 1 }
    expect(await (await fetch(url)).json()).toEqual({ calls })
    await fetch(url, { method: 'DELETE' })
    expect(server.calls.create).toBe(0)
  })
})
