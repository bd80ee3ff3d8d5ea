import { describe, expect, test } from 'vitest'
import {
  form,
  jobOf,
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
    await world.deliver(jobOf(world))
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
    await world.deliver(jobOf(world))
    const text = await stream.text()
    expect(text).toContain('event: status\ndata: {"job_id"')
    expect(text).toContain('"status":"queued"')
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

describe('an Idempotency-Key', () => {
  test('makes a repetition the same job, and other files a misuse that leaves nothing staged', async () => {
    await using world = await startHttpWorld()
    const key = { 'idempotency-key': 'upload 7' }
    const files = { [name(world)]: body }
    const first = await post(world, form(files), key)
    expect(first.status).toBe(202)
    expect(await post(world, form(files), key)).toMatchObject({
      status: 202,
      body: { job_id: first.body['job_id'] },
    })
    const staged = await world.names('')
    const other = form({ [name(world, 60_000)]: tones([7, 2]) })
    expect(await post(world, other, key)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    })
    expect(await world.names('')).toEqual(staged)
    const foreign = { ...key, authorization: 'Bearer user user-2' }
    expect((await post(world, other, foreign)).status).toBe(202)
  })

  test.each([
    ['empty', 'Idempotency-Key: '],
    ['too long', `Idempotency-Key: ${'k'.repeat(256)}`],
    ['with a tab in it', 'Idempotency-Key: a\tb'],
    ['not ASCII', 'Idempotency-Key: \u00e9'],
    ['sent twice', 'Idempotency-Key: a\r\nIdempotency-Key: b'],
  ])('that is %s is refused with its code (I12)', async (_, header) => {
    await using world = await startHttpWorld()
    const part = `Content-Disposition: form-data; name="files"; filename="${name(world)}"\r\n\r\nabc`
    expect(await raw(world, rawUpload(world, part, `${header}\r\n`))).toBe(400)
    expect(world.lines.join()).toContain('invalid_idempotency_key')
    expect(await world.names('')).toEqual([])
  })
})

describe('the line of an accepted upload', () => {
  test('names the job, its user’s hash, its size, lane and mode, and the user only when told to', async () => {
    for (const rawUid of [false, true]) {
      await using world = await startHttpWorld({ rawUid })
      const { body: accepted } = await post(world, form({ [name(world)]: body }))
      const line = world.lines.find((each) => each.includes('Upload accepted'))
      expect(JSON.parse(line ?? '{}')).toMatchObject({
        ...{ jobId: accepted['job_id'], uidHash: world.uidHash, files: 1 },
        ...{ bytes: body.byteLength, lane: 'fresh', dispatchMode: 'cloud_tasks' },
      })
      expect(line?.includes('"uid":"user-1"')).toBe(rawUid)
      expect(line?.includes('user-1')).toBe(rawUid)
    }
  })
})
