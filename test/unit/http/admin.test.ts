import { describe, expect, it } from 'vitest'
import { jobIdSchema } from '../../../src/kernel/index.ts'
import {
  form,
  type HttpWorld,
  jobOf,
  name,
  post,
  startHttpWorld,
} from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'

const OPERATOR = 'Bearer operator ana@example.com'

async function ask(world: HttpWorld, path: string, more: RequestInit = {}) {
  const answer = await fetch(`${world.base}/v2/admin${path}`, {
    headers: { authorization: OPERATOR, 'content-type': 'application/json' },
    ...more,
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const act = (world: HttpWorld, path: string, body: unknown = { reason: 'stuck since noon' }) =>
  ask(world, path, { method: 'POST', body: JSON.stringify(body) })

/** Uploads one file with a tone of its own; answers the job's id. */
async function upload(world: HttpWorld, level: number): Promise<string> {
  const { body } = await post(world, form({ [name(world)]: tones([level, 2], [0, 130], [9, 2]) }))
  return String(body['job_id'])
}

const idsOf = (page: Record<string, unknown>) =>
  (page['jobs'] as { job_id: string }[]).map((job) => job.job_id)

describe('operators', () => {
  it.each(['GET /overview', 'GET /jobs', 'GET /jobs/x', 'POST /jobs/x/fail', 'POST /reap'])(
    'are proven before %s does anything (I10)',
    async (route) => {
      await using world = await startHttpWorld()
      const [method = 'GET', path = ''] = route.split(' ')
      const none = await ask(world, path, { method, headers: {} })
      expect([none.status, none.body['code']]).toEqual([401, 'unauthenticated'])
      const user = await ask(world, path, { method, headers: { authorization: 'Bearer user u' } })
      expect([user.status, user.body['code']]).toEqual([403, 'forbidden'])
    },
  )

  it('list jobs newest first in pages, and narrow them to a user, a lane or a reason', async () => {
    await using world = await startHttpWorld()
    const ids = []
    for (const level of [1, 2, 3]) {
      ids.unshift(await upload(world, level))
      await world.clock.advance(1_000)
    }
    const first = await ask(world, '/jobs?limit=2')
    expect(idsOf(first.body)).toEqual(ids.slice(0, 2))
    const second = await ask(world, `/jobs?limit=2&cursor=${String(first.body['next_cursor'])}`)
    expect(idsOf(second.body)).toEqual(ids.slice(2))
    expect(second.body).not.toHaveProperty('next_cursor')
    expect(idsOf((await ask(world, '/jobs?user=user-1&lane=fresh')).body)).toEqual(ids)
    expect(idsOf((await ask(world, '/jobs?user=somebody')).body)).toEqual([])
    const of = (user: string) =>
      ask(world, '/jobs', { headers: { authorization: OPERATOR, 'x-user-id': user } })
    expect(idsOf((await of('user%2D1')).body)).toEqual(ids)
    expect(idsOf((await of('somebody')).body)).toEqual([])
    expect((await of('%')).status).toBe(400)
    expect(idsOf((await ask(world, '/jobs?lane=backfill')).body)).toEqual([])
    expect(idsOf((await ask(world, `/jobs?user_of=${ids[0]}`)).body)).toEqual(ids)
    expect(idsOf((await ask(world, '/jobs?state=queued')).body)).toEqual(ids)
    expect(idsOf((await ask(world, '/jobs?state=processing')).body)).toEqual([])
    await act(world, `/jobs/${ids[1]}/fail`)
    const failed = await ask(world, '/jobs?state=failed&reason=sync_operator_failed')
    expect(idsOf(failed.body)).toEqual([ids[1]])
    expect(JSON.stringify([first, failed])).not.toContain('user-1')
  })

  it('see of a job its files, segments, task and timeline, and change nothing by looking (I9)', async () => {
    await using world = await startHttpWorld()
    const id = await upload(world, 1)
    const before = await world.store.read(jobIdSchema.parse(id))
    const waiting = await ask(world, `/jobs/${id}`)
    expect(waiting.body).toMatchObject({
      status: 'queued',
      task: 'live',
      has_manifest: true,
      files: [{ plan: 'unplanned', segments: [] }],
      events: [{ name: 'created' }],
    })
    expect(await world.store.read(jobIdSchema.parse(id))).toEqual(before)
    await world.deliver(jobOf(world))
    const done = await ask(world, `/jobs/${id}`)
    expect(done.body).toMatchObject({ status: 'completed', task: 'none', has_manifest: false })
    expect(done.body).toMatchObject({ has_outcome: true, segments: { total: 2, successful: 2 } })
    // What landed leads to the plan of its file, whose manifest is gone.
    expect(done.body).toMatchObject({
      files: [{ plan: 'speech', segments: [{ verdict: 'landed' }, { verdict: 'landed' }] }],
    })
  })

  it('end a job with a reason that stands in its timeline and in the log', async () => {
    await using world = await startHttpWorld()
    const id = await upload(world, 1)
    const { status, body } = await act(world, `/jobs/${id}/fail`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'failed', reason_code: 'sync_operator_failed' })
    expect(body['events']).toContainEqual(
      expect.objectContaining({
        name: 'operator',
        action: 'fail',
        reason: 'stuck since noon',
        operator: 'ana@example.com',
      }),
    )
    const logged = world.lines.filter((line) => line.includes('operator_acted'))
    expect(logged).toHaveLength(1)
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({ jobId: id, reason: 'stuck since noon' })
    expect(await world.names('staging/')).toEqual([])
  })

  it('cannot change how a job ended (I2)', async () => {
    await using world = await startHttpWorld()
    const id = await upload(world, 1)
    await act(world, `/jobs/${id}/cancel`)
    for (const kind of ['requeue', 'fail', 'cancel']) {
      const { status, body } = await act(world, `/jobs/${id}/${kind}`)
      expect([status, body['code']]).toEqual([409, 'job_ended'])
    }
    expect((await ask(world, `/jobs/${id}`)).body).toMatchObject({ reason_code: 'sync_cancelled' })
  })

  it('requeue a job as a new generation, whose old task finds nothing to do', async () => {
    await using world = await startHttpWorld()
    const id = jobIdSchema.parse(await upload(world, 1))
    const { body } = await act(world, `/jobs/${id}/requeue`)
    expect(body).toMatchObject({ status: 'queued', generation: 1, revivals: 0, task: 'live' })
    expect((await world.deliver(id)).body.result).toBe('stale_generation')
    expect((await world.deliver(id, { generation: 1 })).body.result).toBe('done')
  })

  it('run a recovery pass on demand', async () => {
    await using world = await startHttpWorld()
    expect((await act(world, '/reap', {})).body).toMatchObject({ checked: 0 })
    await act(world, '/reap', { reason: 'after the outage' })
    const reasons = world.lines
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === 'operator_acted')
      .map(({ reason }) => reason)
    expect(reasons).toEqual(['asked for', 'after the outage'])
  })

  it('see live jobs, the oldest of them, ends by the hour and why jobs failed', async () => {
    await using world = await startHttpWorld()
    const first = await upload(world, 1)
    const oldest = world.clock.now()
    await world.deliver(jobOf(world))
    await world.clock.advance(1_000)
    const ids = [await upload(world, 2), await upload(world, 3)]
    await act(world, `/jobs/${ids[0]}/fail`)
    const { body } = await ask(world, '/overview?hours=2')
    expect(first).not.toBe(ids[0])
    expect(body).toMatchObject({
      live: 1,
      running: 0,
      working: { sampled: 0 },
      stageTimes: { transcribing: { jobs: 1 } },
      sample: { sampled: 1, byStatus: { queued: 1 } },
      reasons: [{ reasonCode: 'sync_operator_failed', state: 'failed', count: 1 }],
    })
    expect(body['oldestLiveAt']).toBe(oldest + 1_000)
    expect(body['endedByHour']).toEqual([
      expect.objectContaining({ completed: 0, failed: 0 }),
      expect.objectContaining({ completed: 1, partial_failure: 0, failed: 1 }),
    ])
  })

  it('share samples for some seconds, and are told counts of the moment', async () => {
    await using world = await startHttpWorld()
    await upload(world, 1)
    const look = async () => (await ask(world, '/overview?hours=1')).body
    expect(await look()).toMatchObject({ live: 1, sample: { sampled: 1 } })
    await upload(world, 2)
    expect(await look()).toMatchObject({ live: 2, sample: { sampled: 1 } })
    await world.clock.advance(10_000)
    expect(await look()).toMatchObject({ live: 2, sample: { sampled: 2 } })
  })

  it.each([
    ['GET', '/jobs?state=asleep', 400],
    ['GET', '/jobs?limit=0', 400],
    ['GET', '/jobs?cursor=nonsense', 400],
    ['GET', '/jobs?reason=because', 400],
    ['GET', '/overview?hours=1000', 400],
    ['GET', '/load?hours=0', 400],
    ['GET', '/jobs?user_of=00000000-0000-4000-8000-000000000000', 404],
    ['GET', '/jobs/no-such-id', 404],
    ['GET', '/jobs/00000000-0000-4000-8000-000000000000', 404],
    ['POST', '/jobs/00000000-0000-4000-8000-000000000000/fail', 404],
    ['POST', '/jobs/00000000-0000-4000-8000-000000000000/explode', 404],
  ])('are told what is wrong with %s %s (I12)', async (method, path, status) => {
    await using world = await startHttpWorld()
    const answer = method === 'GET' ? await ask(world, path) : await act(world, path)
    expect(answer.status).toBe(status)
    expect(answer.body['code']).toMatch(/^[a-z_]+$/)
  })

  it('must say why they act', async () => {
    await using world = await startHttpWorld()
    const id = await upload(world, 1)
    for (const body of [{}, { reason: ' ' }, { reason: 'x'.repeat(501) }]) {
      expect((await act(world, `/jobs/${id}/fail`, body)).status).toBe(400)
    }
    expect((await ask(world, `/jobs/${id}`)).body).toMatchObject({ status: 'queued' })
  })
})
