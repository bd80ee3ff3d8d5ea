import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { UnavailableError } from '../../../src/kernel/index.ts'
import {
  form,
  type HttpWorld,
  jobOf,
  name,
  post,
  startHttpWorld,
  UPLOAD,
  USER,
} from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'

const body = tones([100, 2])

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
    await world.deliver(jobOf(world))
    expect(await get()).toMatchObject({ status: 'completed', total_segments: 1 })
  })

  test('of a job whose content became another’s is that one’s, while it runs and after', async () => {
    await using lost = await startHttpWorld()
    const files = { [name(lost)]: body }
    const { body: first } = await post(lost, form(files))
    // Worlds draw the same ids in the same order; this one draws its own.
    const deps = { randomBytes }
    await using world = await startHttpWorld({ objects: () => lost.memory, deps })
    await post(world, form(files))
    await world.deliver(jobOf(lost))
    const get = async () => {
      const url = `${world.base}${UPLOAD}/${String(first['job_id'])}`
      return (await fetch(url, { headers: { authorization: USER } })).json()
    }
    expect(await get()).toMatchObject({ job_id: first['job_id'], status: 'queued' })
    await world.deliver(jobOf(world))
    expect(await get()).toMatchObject({ job_id: first['job_id'], status: 'completed' })
  })

  test('is 503, never 404, while the store cannot be reached', async () => {
    await using world = await startHttpWorld({
      store: (store) => ({
        ...store,
        view: () => Promise.reject(new UnavailableError('down', { party: 'gcs' })),
      }),
    })
    const answer = await fetch(`${world.base}${UPLOAD}/00000000-0000-4000-8000-000000000000`, {
      headers: { authorization: USER },
    })
    expect(answer.status).toBe(503)
  })
})

describe('the poll of a living job', () => {
  test('costs one read of the store, and says what the framework’s route says', async () => {
    let looks = 0
    await using world = await startHttpWorld({
      store: (store) => ({
        ...store,
        view: (id) => {
          looks += 1
          return store.view(id)
        },
      }),
    })
    const { body: accepted } = await post(world, form({ [name(world)]: body }))
    const jobId = jobOf(world)
    const poll = async (more: string) => {
      const url = `${world.base}${UPLOAD}/${String(accepted['job_id'])}${more}`
      const answer = await fetch(url, { headers: { authorization: USER } })
      const { headers } = answer
      const facts = ['content-type', 'content-length', 'cache-control'].map((h) => headers.get(h))
      return { status: answer.status, facts, text: await answer.text() }
    }
    const hot = await poll('')
    expect(looks).toBe(1)
    expect(hot.text).toContain('"status":"queued"')
    expect(hot).toEqual(await poll('?by=the-framework'))
    const leaseMs = 15_000
    const claim = { jobId, generation: 0, token: 't', leaseMs, userSlots: 0, slotSnoozeMs: 0 }
    await world.records.claim(claim)
    expect((await poll('')).text).toContain('"status":"processing"')
    expect(await poll('')).toEqual(await poll('?by=the-framework'))
    await world.clock.advance(60_000)
    expect((await poll('')).text).toContain('"status":"queued"')
    expect(await poll('')).toEqual(await poll('?by=the-framework'))
  })
})

describe('a cancel', () => {
  const cancel = async (world: HttpWorld, id: string, authorization = USER) => {
    const url = `${world.base}${UPLOAD}/${id}`
    const answer = await fetch(url, { method: 'DELETE', headers: { authorization } })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  test('answers the status it led to, and a re-upload is told of it at once (I7)', async () => {
    await using world = await startHttpWorld()
    const files = { [name(world)]: body }
    const { body: accepted } = await post(world, form(files))
    const id = String(accepted['job_id'])
    const cancelled = await cancel(world, id)
    const ended = { job_id: id, status: 'failed', reason_code: 'sync_cancelled' }
    expect(cancelled).toMatchObject({
      status: 200,
      body: { ...ended, failed_segments: 1, error: 'The job was cancelled.' },
    })
    expect(await cancel(world, id)).toEqual(cancelled)
    const again = await post(world, form(files))
    expect(again).toMatchObject({ status: 202, body: { ...ended, poll_after_ms: 0 } })
    expect(again.body).not.toHaveProperty('retry_after')
    expect(await world.names('staging/')).toEqual([])
  })

  test('of another user’s job is 403, of none 404, without a user 401, and has no effect', async () => {
    await using world = await startHttpWorld()
    const { body: accepted } = await post(world, form({ [name(world)]: body }))
    const id = String(accepted['job_id'])
    const refused = async (of: string, as?: string) => {
      const answer = await cancel(world, of, as)
      return [answer.status, answer.body['code']]
    }
    expect(await refused(id, 'Bearer user user-2')).toEqual([403, 'job_forbidden'])
    expect(await refused('00000000-0000-4000-8000-000000000000')).toEqual([404, 'job_not_found'])
    expect(await refused('nope')).toEqual([404, 'job_not_found'])
    expect(await refused(id, '')).toEqual([401, 'unauthenticated'])
    await world.deliver(jobOf(world))
    expect(await cancel(world, id)).toMatchObject({ status: 200, body: { status: 'completed' } })
  })

  test('is 503 while the store cannot be reached', async () => {
    await using world = await startHttpWorld({
      store: (store) => ({
        ...store,
        read: () => Promise.reject(new UnavailableError('down', { party: 'redis' })),
      }),
    })
    const { body: accepted } = await post(world, form({ [name(world)]: body }))
    expect(await cancel(world, String(accepted['job_id']))).toMatchObject({
      status: 503,
      body: { code: 'ledger_unavailable' },
    })
  })
})

describe('conversations', () => {
  test('are listed newest first, page by page, and read with their text', async () => {
    await using world = await startHttpWorld()
    for (const agoMs of [9_000_000, 6_000_000, 3_000_000]) {
      await post(world, form({ [name(world, agoMs)]: tones([agoMs / 100_000, 2]) }))
      await world.deliver(jobOf(world))
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
