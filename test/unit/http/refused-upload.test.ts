import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { UnavailableError } from '../../../src/kernel/index.ts'
import {
  form,
  name,
  post,
  raw,
  rawUpload,
  startHttpWorld,
  UPLOAD,
  USER,
} from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'

const body = tones([100, 2])

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

  test('F59: ten thousand parts, a name of 1 MB, and a body said to be of 100 MB, before it is read', async () => {
    await using world = await startHttpWorld()
    const part = (bin: string) =>
      `Content-Disposition: form-data; name="files"; filename="${bin}"\r\n\r\nabc`
    const fields = (count: number) =>
      Array.from({ length: count }, () => 'Content-Disposition: form-data; name="x"\r\n\r\ny')
    const many = fields(10_000).join('\r\n--b\r\n')
    expect(await raw(world, rawUpload(world, many))).toBe(413)
    const bombs = Array.from({ length: 10_000 }, (_, i) => part(name(world, i * 1_000)))
    expect(await raw(world, rawUpload(world, bombs.join('\r\n--b\r\n')))).toBe(413)
    expect(await raw(world, rawUpload(world, part(`${'n'.repeat(1_048_576)}.bin`)))).toBe(400)
    const said = rawUpload(world, part(name(world))).replace(
      /Content-Length: \d+/,
      'Content-Length: 104857600',
    )
    expect(await raw(world, said.slice(0, 300))).toBe(413)
    await expect.poll(() => world.names('')).toEqual([])
  })

  test('F59: a body of 100 MB that does not say so is cut off, and memory stays flat', async () => {
    await using world = await startHttpWorld()
    const chunk = Buffer.alloc(65_536, 1)
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) =>
        controller.enqueue(
          Buffer.from(
            `--b\r\nContent-Disposition: form-data; name="files"; filename="${name(world)}"\r\n\r\n`,
          ),
        ),
      pull: (controller) => {
        sent += chunk.length
        if (sent > 100_000_000) controller.close()
        else controller.enqueue(chunk)
      },
    })
    const beforeBytes = process.memoryUsage().arrayBuffers
    const answer = await fetch(world.base + UPLOAD, {
      method: 'POST',
      body: endless,
      duplex: 'half',
      headers: { authorization: USER, 'content-type': 'multipart/form-data; boundary=b' },
    } as RequestInit)
    expect([answer.status, await answer.json()]).toMatchObject([413, { code: 'upload_too_large' }])
    expect(process.memoryUsage().arrayBuffers - beforeBytes).toBeLessThan(90_000_000)
    await expect.poll(() => world.names('')).toEqual([])
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
        create: () => Promise.reject(new UnavailableError('down', { party: 'gcs' })),
      }),
    })
    const refused = await post(world, form({ [name(world)]: body }))
    expect(refused).toMatchObject({ status: 503, body: { code: 'staging_unavailable' } })
    expect(refused.headers.get('retry-after')).toBe('30')
    expect(refused.headers.get('x-omi-rate-limit-reason')).toBe('backfill_capacity')
  })
})
