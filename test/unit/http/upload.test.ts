import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { form, startHttpWorld, USER } from '../../support/http-world.ts'
import { toneName, tones } from '../../support/tones.ts'

const body = tones([100, 2])
const UPLOAD = '/v2/sync-local-files'
type HttpWorld = Awaited<ReturnType<typeof startHttpWorld>>

const name = (world: HttpWorld, agoMs = 3_600_000) => toneName(world.clock.now() - agoMs)

async function post(
  world: HttpWorld,
  sent: FormData | string,
  headers: Record<string, string> = {},
) {
  const answer = await fetch(world.base + UPLOAD, {
    method: 'POST',
    body: sent,
    headers: { authorization: USER, ...headers },
  })
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
  }
}

/** Sends raw text, one part as given, and returns the status line's number; 0 when the server hung up. */
function raw(world: HttpWorld, text: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(world.port, '127.0.0.1', () => socket.write(text))
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk.toString()
      const status = /^HTTP\/1\.1 (\d+)/.exec(got)?.[1]
      if (status) {
        resolve(Number(status))
        socket.destroy()
      }
    })
    socket.on('close', () => resolve(0))
    socket.on('error', () => resolve(0))
  })
}

function rawUpload(world: HttpWorld, part: string, more = ''): string {
  const sent = `--b\r\n${part}\r\n--b--\r\n`
  return [
    `POST ${UPLOAD} HTTP/1.1`,
    `Host: 127.0.0.1:${world.port}`,
    `Authorization: ${USER}`,
    'Content-Type: multipart/form-data; boundary=b',
    `Content-Length: ${Buffer.byteLength(sent)}`,
    more,
    sent,
  ].join('\r\n')
}

describe('an upload over HTTP', () => {
  test('is answered 202 with its job, and polled to its end', async () => {
    await using world = await startHttpWorld()
    const accepted = await post(world, form({ [name(world)]: body }))
    expect(accepted).toMatchObject({
      status: 202,
      body: {
        status: 'queued',
        total_files: 1,
        total_segments: 0,
        poll_after_ms: 3_000,
        lane: 'fresh',
      },
    })
    const { job_id: jobId } = accepted.body
    const status = async () =>
      (
        await fetch(`${world.base}${UPLOAD}/${String(jobId)}`, { headers: { authorization: USER } })
      ).json()
    expect(await status()).toMatchObject({ status: 'queued', stage: 'staged' })
    await world.deliver(await jobOf(world))
    expect(await status()).toMatchObject({
      status: 'completed',
      total_segments: 1,
      successful_segments: 1,
      result: { failed_segments: 0, total_segments: 1, errors: [] },
    })
    expect(await post(world, form({ [name(world)]: body }))).toMatchObject({
      status: 202,
      body: { job_id: jobId, status: 'completed', poll_after_ms: 0, result: { total_segments: 1 } },
    })
  })

  test('streams every change of the job until its end', async () => {
    await using world = await startHttpWorld()
    const { body: accepted } = await post(world, form({ [name(world)]: body }))
    const stream = await fetch(`${world.base}${UPLOAD}/${String(accepted['job_id'])}/events`, {
      headers: { authorization: USER },
    })
    expect(stream.headers.get('content-type')).toContain('text/event-stream')
    await world.deliver(await jobOf(world))
    const text = await stream.text()
    expect(text.startsWith('event: status\ndata: {"job_id"')).toBe(true)
    expect(text).toContain('"status":"completed"')
  })

  test('by the older call waits for the end', async () => {
    await using world = await startHttpWorld({ dispatchMode: 'inline' })
    const answer = await fetch(`${world.base}/v1/sync-local-files`, {
      method: 'POST',
      body: form({ [name(world)]: body }),
      headers: { authorization: USER },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('deprecation')).toBe('true')
    expect(await answer.json()).toMatchObject({ total_segments: 1, failed_segments: 0 })
  })
})

describe('a bad upload is refused with its code and leaves nothing staged', () => {
  test('a wrong field', async () => {
    await using world = await startHttpWorld()
    expect(await post(world, form({ [name(world)]: body }, 'file'))).toMatchObject({
      status: 400,
      body: { code: 'invalid_upload' },
    })
    expect(await world.names('')).toEqual([])
  })

  test('a wrong content type, no boundary, no body', async () => {
    await using world = await startHttpWorld()
    for (const type of ['application/json', 'multipart/form-data', 'text/plain']) {
      expect(await post(world, '{}', { 'content-type': type })).toMatchObject({
        status: 400,
        body: { code: 'invalid_upload' },
      })
    }
    expect(await post(world, form({}))).toMatchObject({ status: 400 })
    expect(await world.names('')).toEqual([])
  })

  test('F4: names that are none, separators, duplicates', async () => {
    await using world = await startHttpWorld()
    const good = name(world)
    for (const bad of [
      'a.wav',
      'x.bin',
      `../${good}`,
      `a\\${good}`,
      'audio_99999999999999.bin',
      'audio_1.bin',
    ]) {
      expect(await post(world, form({ [good]: body, [bad]: body })), bad).toMatchObject({
        status: 400,
        body: { code: 'invalid_file_name' },
      })
    }
    const twice = form({ [good]: body })
    twice.append('files', new Blob([Buffer.from(body)]), good)
    expect(await post(world, twice)).toMatchObject({
      status: 400,
      body: { code: 'invalid_file_name' },
    })
    expect(await world.names('')).toEqual([])
  })

  test('F59: a line break in a name, encoded or bare, a part without a name', async () => {
    await using world = await startHttpWorld()
    const bin = name(world)
    const parts = [
      `Content-Disposition: form-data; name="files"; filename*=UTF-8''a%0A${bin}\r\n\r\nabc`,
      `Content-Disposition: form-data; name="files"; filename="a\n${bin}"\r\n\r\nabc`,
      `Content-Disposition: attachment; filename="${bin}"\r\n\r\nabc`,
      `Content-Type: application/octet-stream\r\n\r\nabc`,
    ]
    for (const part of parts) {
      const good = `Content-Disposition: form-data; name="files"; filename="${bin}"\r\n\r\nabc`
      expect(await raw(world, rawUpload(world, `${good}\r\n--b\r\n${part}`)), part).toBe(400)
    }
    expect(await world.names('')).toEqual([])
  })

  test('F3: too many files, too many bytes in one part and in all', async () => {
    await using world = await startHttpWorld({ multipart: { maxBytes: 100_000 } })
    const many = Object.fromEntries(
      Array.from({ length: 21 }, (_, i) => [name(world, i * 60_000), tones([1, 0.01])]),
    )
    expect(await post(world, form(many))).toMatchObject({
      status: 413,
      body: { code: 'upload_too_large' },
    })
    expect(await post(world, form({ [name(world)]: new Uint8Array(200_000) }))).toMatchObject({
      status: 413,
    })
    expect(await post(world, form({ [name(world)]: new Uint8Array(1_000_000) }))).toMatchObject({
      status: 413,
    })
    expect(await world.names('')).toEqual([])
  })

  test('F3: a body without end', async () => {
    await using world = await startHttpWorld({ multipart: { maxBytes: 100_000 } })
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) =>
        controller.enqueue(
          Buffer.from(
            `--b\r\nContent-Disposition: form-data; name="files"; filename="${name(world)}"\r\n\r\n`,
          ),
        ),
      pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(1)),
    })
    const answer = await fetch(world.base + UPLOAD, {
      method: 'POST',
      body: endless,
      duplex: 'half',
      headers: { authorization: USER, 'content-type': 'multipart/form-data; boundary=b' },
    } as RequestInit)
    expect(answer.status).toBe(413)
    expect(await world.names('')).toEqual([])
  })

  test('F2: a body that stops arriving is given up with 408', async () => {
    await using world = await startHttpWorld({ multipart: { idleTimeoutMs: 100 } })
    const started = rawUpload(
      world,
      `Content-Disposition: form-data; name="files"; filename="${name(world)}"\r\n\r\nabc`,
    )
    expect(await raw(world, started.slice(0, -12))).toBe(408)
    await expect.poll(() => world.names('')).toEqual([])
  })

  test('F1: a client that goes away leaves no blob and no job', async () => {
    await using world = await startHttpWorld()
    const whole = rawUpload(
      world,
      `Content-Disposition: form-data; name="files"; filename="${name(world)}"\r\n\r\n${'x'.repeat(200_000)}` +
        `\r\n--b\r\nContent-Disposition: form-data; name="files"; filename="${name(world, 60_000)}"\r\n\r\nabc`,
    )
    const socket = connect(world.port, '127.0.0.1', () => socket.write(whole.slice(0, -8)))
    await expect.poll(() => world.names('staging/')).toHaveLength(1)
    socket.destroy()
    await expect.poll(() => world.names('')).toEqual([])
    expect(world.lines.some((line) => line.includes('Upload accepted'))).toBe(false)
  })

  test('no token, a bad token: 401 and never 403; keys unreachable: 503', async () => {
    await using world = await startHttpWorld()
    for (const authorization of ['', 'Bearer nope']) {
      expect(await post(world, form({ [name(world)]: body }), { authorization })).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated' },
      })
    }
    const unknown = await post(world, form({ [name(world)]: body }), {
      authorization: 'Bearer user nobody-knows',
    })
    expect(unknown).toMatchObject({ status: 503, body: { code: 'identity_unavailable' } })
    expect(unknown.headers.get('retry-after')).toBe('30')
    expect(await world.names('')).toEqual([])
  })

  test('I12: waiting is said in seconds and with the reason that costs the user no retry', async () => {
    await using world = await startHttpWorld({
      objects: (objects) => ({
        ...objects,
        create: async () => Promise.reject(await unavailable()),
      }),
    })
    const refused = await post(world, form({ [name(world)]: body }))
    expect(refused).toMatchObject({ status: 503, body: { code: 'staging_unavailable' } })
    expect(refused.headers.get('retry-after')).toBe('30')
    expect(refused.headers.get('x-omi-rate-limit-reason')).toBe('backfill_capacity')
  })
})

describe('a status', () => {
  test('of another user’s job is 403, of none 404, of text that is no id 404', async () => {
    await using world = await startHttpWorld()
    const { body: accepted } = await post(world, form({ [name(world)]: body }))
    const get = async (id: string, authorization: string) =>
      (await fetch(`${world.base}${UPLOAD}/${id}`, { headers: { authorization } })).status
    expect(await get(String(accepted['job_id']), 'Bearer user user-2')).toBe(403)
    expect(await get('00000000-0000-4000-8000-000000000000', USER)).toBe(404)
    expect(await get('nope', USER)).toBe(404)
    expect(await get(String(accepted['job_id']), '')).toBe(401)
  })

  test('is found in outcome or manifest when Redis has forgotten the job, and changes nothing (I9)', async () => {
    await using world = await startHttpWorld()
    const { body: accepted } = await post(world, form({ [name(world)]: body }))
    const id = String(accepted['job_id'])
    await using fresh = await startHttpWorld({ objects: () => world.memory })
    const get = async () =>
      (await fetch(`${fresh.base}${UPLOAD}/${id}`, { headers: { authorization: USER } })).json()
    expect(await get()).toMatchObject({ status: 'queued' })
    expect(await fresh.records.due(0, 10)).toEqual([])
    await world.deliver(await jobOf(world))
    expect(await get()).toMatchObject({ status: 'completed', total_segments: 1 })
  })

  test('is 503, never 404, while the store cannot be reached', async () => {
    await using world = await startHttpWorld({
      store: (store) => ({ ...store, view: async () => Promise.reject(await unavailable()) }),
    })
    const answer = await fetch(`${world.base}${UPLOAD}/00000000-0000-4000-8000-000000000000`, {
      headers: { authorization: USER },
    })
    expect(answer.status).toBe(503)
  })
})

describe('conversations', () => {
  test('are listed newest first, page by page, and read with their text', async () => {
    await using world = await startHttpWorld()
    for (const agoMs of [9_000_000, 6_000_000, 3_000_000]) {
      await post(world, form({ [name(world, agoMs)]: tones([agoMs / 100_000, 2]) }))
      await world.deliver(await jobOf(world))
    }
    const get = async (path: string) =>
      (await fetch(world.base + path, { headers: { authorization: USER } })).json() as Promise<Page>
    const first = await get('/v2/conversations?limit=2')
    expect(first.conversations).toHaveLength(2)
    const second = await get(`/v2/conversations?limit=2&cursor=${first.next_cursor}`)
    expect(second.next_cursor).toBeUndefined()
    const ids = [...first.conversations, ...second.conversations].map((c) => c.id)
    expect(new Set(ids).size).toBe(3)
    expect(await get(`/v2/conversations/${ids[0]}`)).toMatchObject({ text: 'tone 30' })
    for (const bad of ['?limit=0', '?limit=x', '?cursor=nope']) {
      const answer = await fetch(`${world.base}/v2/conversations${bad}`, {
        headers: { authorization: USER },
      })
      expect(answer.status).toBe(400)
    }
    const none = await fetch(`${world.base}/v2/conversations/nope`, {
      headers: { authorization: USER },
    })
    expect(none.status).toBe(404)
  })
})

test('probes answer, and what is no route is told as such', async () => {
  await using world = await startHttpWorld()
  expect((await fetch(`${world.base}/health`)).status).toBe(200)
  expect((await fetch(`${world.base}/ready`)).status).toBe(200)
  const none = await fetch(`${world.base}/nope`)
  expect([none.status, await none.json()]).toEqual([
    404,
    { code: 'not_found', detail: 'no such route' },
  ])
})

interface Page {
  readonly conversations: readonly { readonly id: string }[]
  readonly next_cursor?: string
}

/** The job whose task is waiting in the queue. */
async function jobOf(world: HttpWorld) {
  const [task] = world.tasks.due()
  if (!task) throw new Error('no task is waiting')
  world.tasks.answered(task.task.lane, task.task.name, 200)
  return task.task.payload.job_id
}

async function unavailable(): Promise<Error> {
  const { UnavailableError } = await import('../../../src/kernel/index.ts')
  return new UnavailableError('down', { party: 'gcs' })
}
