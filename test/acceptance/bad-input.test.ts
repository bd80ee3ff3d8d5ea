import { afterEach, describe, expect, it } from 'vitest'
import {
  ask,
  eventually,
  newUser,
  recordedBody,
  secondsAgo,
  stackForTests,
  stagedObjects,
} from './rig.ts'
import { FORM_TYPE, filePart, formOf, openRaw, openUpload, type RawPart } from './wire.ts'

const MAX_BYTES = 200_000
const IDLE_MS = 600
/** What the service takes beside the files: boundaries and part headers. */
const FORM_OVERHEAD_BYTES = 256 * 1_024
const CHUNK = new Uint8Array(16_384).fill(1)

const stack = stackForTests({
  settings: {
    UPLOAD_MAX_BYTES: String(MAX_BYTES),
    UPLOAD_IDLE_TIMEOUT_MS: String(IDLE_MS),
    // Above it a file streams into the store while it arrives.
    UPLOAD_BUFFERED_FILE_MAX_BYTES: '40000',
    UPLOAD_MAX_FRAMES: '5000',
    UPLOAD_MAX_DECODED_SECONDS: '60',
  },
})

afterEach(async () => {
  expect(await stagedObjects(stack.running)).toEqual([])
  expect(stack.running.tasks.stats.tasks.created).toBe(0)
})

const goodName = (seconds = secondsAgo(60)) => `audio_test_opus_16000_1_fs160_${seconds}.bin`

async function upload(parts: readonly RawPart[], contentType = FORM_TYPE, path = '') {
  return ask(stack.running, `/v2/sync-local-files${path}`, {
    method: 'POST',
    headers: { ...newUser(stack.running).headers, 'content-type': contentType },
    body: formOf(parts),
  })
}

describe('an upload is refused, and nothing of it is staged or enqueued,', () => {
  it.each<[string, string, number, string]>([
    [
      'that does not end in .bin',
      `audio_test_opus_${secondsAgo(60)}.wav`,
      400,
      'invalid_file_name',
    ],
    ['without a timestamp', 'audio_test_opus_16000_1_fs160.bin', 400, 'invalid_file_name'],
    ['with words for a timestamp', 'audio_test_opus_yesterday.bin', 400, 'invalid_file_name'],
    [
      'with a timestamp that is no decimal',
      'audio_test_opus_0x6553f100.bin',
      400,
      'invalid_file_name',
    ],
    ['with a timestamp of nothing', 'audio_test_opus_0.bin', 400, 'invalid_file_name'],
    ['from the future', goodName(secondsAgo(-400)), 400, 'invalid_file_name'],
    ['from before there was a device', goodName(1_600_000_000), 400, 'invalid_file_name'],
    [
      'older than the look-back',
      goodName(secondsAgo(31 * 86_400)),
      422,
      'backfill_lookback_exceeded',
    ],
    ['with a slash', `a/../audio_${secondsAgo(60)}.bin`, 400, 'invalid_file_name'],
    ['with a backslash', `..\\\\audio_${secondsAgo(60)}.bin`, 400, 'invalid_file_name'],
    ['with a control character', `audio_\u0007_${secondsAgo(60)}.bin`, 400, 'invalid_file_name'],
    ['with a NUL', `audio_\u0000_${secondsAgo(60)}.bin`, 400, 'invalid_file_name'],
    [
      'longer than any device writes',
      `audio_${'x'.repeat(300)}_${secondsAgo(60)}.bin`,
      400,
      'invalid_file_name',
    ],
    ['without a name', '', 400, 'invalid_file_name'],
  ])('of a file %s', async (_, name, status, code) => {
    expect(await upload([filePart(name)])).toMatchObject({ status, body: { code } })
  })

  it.each([
    ['a line break', `audio%0D%0A_${secondsAgo(60)}.bin`],
    ['a NUL', `audio%00_${secondsAgo(60)}.bin`],
    ['a slash', `a%2F..%2Faudio_${secondsAgo(60)}.bin`],
    ['bytes that are no UTF-8', `audio%ff%fe%0a_${secondsAgo(60)}.bin`],
  ])('of a name that hides %s in its encoding', async (_, encoded) => {
    const disposition = `Content-Disposition: form-data; name="files"; filename*=utf-8''${encoded}`
    const answer = await upload([{ headers: [disposition], body: 'x' }])
    expect(answer.status).toBe(400)
    expect(answer.body.code).toMatch(/^invalid_(file_name|upload)$/)
  })

  it('of a name broken over two lines', async () => {
    const answer = await upload([filePart(`audio_\r\n_${secondsAgo(60)}.bin`)])
    expect(answer.status).toBe(400)
    expect(answer.body.code).toMatch(/^invalid_(file_name|upload)$/)
  })

  it('of the same name twice', async () => {
    expect(await upload([filePart(goodName()), filePart(goodName(), 'y')])).toMatchObject({
      status: 400,
      body: { code: 'invalid_file_name' },
    })
  })

  it('whose second file has a bad name, the first one with it', async () => {
    expect(await upload([filePart(goodName()), filePart('notes.txt')])).toMatchObject({
      status: 400,
      body: { code: 'invalid_file_name' },
    })
  })

  it('of an empty file', async () => {
    expect(await upload([filePart(goodName(), '')])).toMatchObject({
      status: 400,
      body: { code: 'invalid_upload' },
    })
  })

  it.each<[string, RawPart[]]>([
    ['in another field', [filePart(goodName(), 'x', 'file')]],
    ['beside a file in another field', [filePart(goodName()), filePart(goodName(), 'x', 'audio')]],
    ['nowhere', []],
    ['in a part without any name', [{ headers: ['Content-Type: audio/x'], body: 'x' }]],
  ])('whose files are %s', async (_, parts) => {
    expect(await upload(parts)).toMatchObject({ status: 400, body: { code: 'invalid_upload' } })
  })

  it.each([
    ['JSON', 'application/json'],
    ['a bare body', 'application/octet-stream'],
    ['a form without a boundary', 'multipart/form-data'],
    ['a form of another kind', 'application/x-www-form-urlencoded'],
  ])('that says it is %s', async (_, contentType) => {
    expect(await upload([filePart(goodName())], contentType)).toMatchObject({
      status: 400,
      body: { code: 'invalid_upload' },
    })
  })

  it('to a conversation that is no conversation', async () => {
    expect(await upload([filePart(goodName())], FORM_TYPE, '?conversation_id=mine')).toMatchObject({
      status: 400,
      body: { code: 'invalid_conversation_id' },
    })
  })

  it('of 21 files', async () => {
    const files = Array.from({ length: 21 }, (_, index) =>
      filePart(goodName(secondsAgo(100 + index))),
    )
    expect(await upload(files)).toMatchObject({ status: 413, body: { code: 'upload_too_large' } })
  })

  it.each<[string, number[]]>([
    ['one file over the limit', [MAX_BYTES + 1]],
    ['files that exceed it together', [MAX_BYTES / 2, MAX_BYTES / 2, 1]],
    ['a request that says so in its head', [MAX_BYTES + FORM_OVERHEAD_BYTES + 1]],
  ])('of %s', async (_, sizes) => {
    const files = sizes.map((size, index) =>
      filePart(
        `audio_test_pcm16_16000_1_${secondsAgo(100 + index)}.bin`,
        new Uint8Array(size).fill(9),
      ),
    )
    expect(await upload(files)).toMatchObject({ status: 413, body: { code: 'upload_too_large' } })
  })

  it('of more frames than a day of talk', async () => {
    const frame = new Uint8Array([2, 0, 0, 0, 9, 9])
    const body = new Uint8Array(5_001 * 6)
    for (let at = 0; at < body.length; at += 6) body.set(frame, at)
    expect(await upload([filePart(goodName(), body)])).toMatchObject({
      status: 413,
      body: { code: 'upload_too_large' },
    })
  })

  it('that never ends', async () => {
    const { headers } = newUser(stack.running)
    const raw = openUpload(stack.running, headers.authorization, ['Transfer-Encoding: chunked'])
    raw.writeChunk(formOf([filePart(goodName())]).subarray(0, -30))
    let sent = 0
    const answered = raw.answered.then(() => true)
    while (!(await Promise.race([answered, pause(5)])) && sent < 20_000_000) {
      if (!raw.writeChunk(CHUNK)) break
      sent += CHUNK.length
    }
    expect(await raw.answered).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"upload_too_large"/)
    expect(sent).toBeLessThan(20_000_000)
    raw.destroy()
  })

  it.each([
    ['before its first part', 10],
    ['in the middle of a file', 400],
    ['after the last file, before the end of the form', -4],
  ])('that falls silent %s', async (_, sentBytes) => {
    const form = formOf([filePart(goodName(), new Uint8Array(1_000).fill(1))])
    const { headers } = newUser(stack.running)
    const raw = openUpload(stack.running, headers.authorization, [`Content-Length: ${form.length}`])
    raw.write(form.subarray(0, sentBytes))
    expect(await raw.answered).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"upload_timeout"/)
    raw.destroy()
  })

  it('whose head never ends', async () => {
    const raw = openRaw(stack.running)
    raw.write('POST /v2/sync-local-files HTTP/1.1\r\nHost: local\r\nAuthor')
    expect(await raw.answered).toMatch(/^HTTP\/1\.1 408 /)
    raw.destroy()
  })

  it.each([
    ['while a small file is held', 10_000],
    ['while a large one streams into the store', 100_000],
  ])('whose client goes away %s', async (_, sentBytes) => {
    const { gcs } = stack.running
    const form = formOf([filePart(goodName(), new Uint8Array(150_000).fill(1))])
    const { headers } = newUser(stack.running)
    const deletedBefore = gcs.calls.delete
    const raw = openUpload(stack.running, headers.authorization, [`Content-Length: ${form.length}`])
    raw.write(form.subarray(0, sentBytes))
    await pause(200)
    raw.destroy()
    await eventually(
      () => gcs.calls.delete,
      (deleted) => deleted > deletedBefore,
    )
  })
})

describe('a refusal', () => {
  it('is told to a client that still sends, before it has sent everything', async () => {
    const { headers } = newUser(stack.running)
    const length = formOf([filePart('notes.txt', new Uint8Array(150_000))]).length
    const raw = openUpload(stack.running, headers.authorization, [`Content-Length: ${length}`])
    raw.write(formOf([filePart('notes.txt')]).subarray(0, 200))
    expect(await raw.answered).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"invalid_file_name"/)
    raw.destroy()
  })

  it('of one user leaves the next request of the same connection whole', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const body = await recordedBody('austen-unless')
      expect((await upload([filePart('bad', body)])).status).toBe(400)
      expect((await ask(stack.running, '/health')).status).toBe(200)
    }
  })
})

function pause(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms))
}
