import { describe, expect, test } from 'vitest'
import { form, jobOf, name, post, startHttpWorld, UPLOAD, USER } from '../../support/http-world.ts'
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
