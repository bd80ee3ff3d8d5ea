import { describe, expect, it } from 'vitest'
import {
  form,
  type HttpWorld,
  jobOf,
  name,
  post,
  startHttpWorld,
  USER,
} from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'

const OPERATOR = { authorization: 'Bearer operator ana@example.com' }

async function get(world: HttpWorld, path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(world.base + path, { headers })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

/** Everything the page loads, followed from its document and its scripts. */
async function filesOf(world: HttpWorld): Promise<Map<string, { type: string; text: string }>> {
  const files = new Map<string, { type: string; text: string }>()
  const asked = ['/console']
  for (let path = asked.pop(); path !== undefined; path = asked.pop()) {
    if (files.has(path)) continue
    const { status, headers, text } = await get(world, path)
    expect([path, status]).toEqual([path, 200])
    files.set(path, { type: headers.get('content-type') ?? '', text })
    for (const [, link] of text.matchAll(/(?:href|src)="(\/[^"]+)"/g)) asked.push(link ?? '')
    for (const [, module] of text.matchAll(/(?:from|import) '\.\/([^']+)'/g)) {
      asked.push(`/console/${module}`)
    }
  }
  return files
}

describe('the console', () => {
  it('hands out every file its page asks for, as plain scripts', async () => {
    await using world = await startHttpWorld()
    const files = await filesOf(world)
    expect(files.get('/console')?.type).toMatch(/^text\/html/)
    expect(files.get('/console/main.ts')?.type).toMatch(/^text\/javascript/)
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['/console/uplot.js', '/console/job-view.ts']),
    )
    for (const [path, { type, text }] of files) {
      if (!type.startsWith('text/javascript')) continue
      expect([path, /\binterface \w+ \{|import type/.test(text)]).toEqual([path, false])
      // What is no relative path a browser cannot find.
      expect([path, /^import .* from '[^.]/m.test(text)]).toEqual([path, false])
    }
    await expect(get(world, '/console/sign-in.json')).resolves.toMatchObject({
      text: JSON.stringify({ audience: null, is_local: true }),
    })
  })

  it('allows its page nothing but its own files, and shows it in no frame', async () => {
    await using world = await startHttpWorld()
    for (const path of ['/console', '/console/main.ts', '/console/sign-in.json']) {
      const { headers } = await get(world, path)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("script-src 'self';")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|\*|https?:/)
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('set-cookie')).toBeNull()
    }
  })

  it('holds no script, style or secret in its document', async () => {
    await using world = await startHttpWorld()
    const { text } = await get(world, '/console')
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/)
    expect(text).not.toContain('a-project')
  })

  it('is not there where nobody may operate (I10)', async () => {
    await using world = await startHttpWorld({ http: { console: undefined } })
    for (const path of ['/console', '/console/main.ts', '/v2/admin/session']) {
      expect((await get(world, path, OPERATOR)).status).toBe(404)
    }
  })

  it.each([
    '/console/../service.ts',
    '/console/%2e%2e/%2e%2e/service.ts',
    '/console/tsconfig.json',
    '/console/x',
  ])('hands out nothing that is no file of its page: %s', async (path) => {
    await using world = await startHttpWorld()
    expect((await get(world, path)).status).toBe(404)
  })

  it('tells an operator where they are, and nobody else (I10)', async () => {
    await using world = await startHttpWorld()
    expect((await get(world, '/v2/admin/session')).status).toBe(401)
    const { text } = await get(world, '/v2/admin/session', OPERATOR)
    const session = JSON.parse(text)
    expect(session).toMatchObject({ operator: 'ana@example.com', project_id: 'a-project' })
    expect(session.reasons).toContainEqual(expect.objectContaining({ code: 'sync_worker_lost' }))
  })

  it('plots what recovery passes noted, a sample a minute', async () => {
    await using world = await startHttpWorld()
    await post(world, form({ [name(world)]: tones([1, 2]) }))
    const firstAt = world.clock.now()
    const reap = () => fetch(`${world.base}/v2/admin/reap`, { method: 'POST', headers: OPERATOR })
    await reap()
    await world.clock.advance(60_000)
    await reap()
    await world.clock.advance(1)
    await reap()
    const { text } = await get(world, '/v2/admin/load?hours=1', OPERATOR)
    const sample = { waiting: 1, running: 0, oldestLiveAt: firstAt }
    expect(JSON.parse(text).samples).toEqual([
      { at: firstAt, ...sample },
      { at: firstAt + 60_001, ...sample },
    ])
    expect((await get(world, '/v2/admin/load')).status).toBe(401)
  })
})

describe('the conversations of a job’s user', () => {
  const read = async (
    world: HttpWorld,
    jobId: unknown,
    body: unknown,
    headers: Record<string, string> = OPERATOR,
  ) => {
    const answer = await fetch(`${world.base}/v2/admin/jobs/${String(jobId)}/conversations`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const audits = (world: HttpWorld) =>
    world.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'operator_acted')

  it('are read for a reason, and the reading is logged with who and why', async () => {
    await using world = await startHttpWorld()
    const { body } = await post(world, form({ [name(world)]: tones([1, 2], [0, 130], [9, 2]) }))
    await world.deliver(jobOf(world))
    const answer = await read(world, body['job_id'], { reason: 'user asked why', limit: 1 })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      conversations: [{ locked: false, segments: [{ text: 'tone 9' }] }],
      next_cursor: expect.any(String),
    })
    expect(JSON.stringify(answer.body)).not.toContain('"words"')
    const { next_cursor: cursor } = answer.body
    const rest = await read(world, body['job_id'], { reason: 'user asked why', cursor })
    expect(rest.body).toMatchObject({ conversations: [{ segments: [{ text: 'tone 1' }] }] })
    const [first] = audits(world)
    expect(first).toMatchObject({
      action: 'read_conversations',
      operator: 'ana@example.com',
      reason: 'user asked why',
      jobId: body['job_id'],
    })
    expect(audits(world)).toHaveLength(2)
  })

  it('that are locked have no text, title or summary', async () => {
    await using world = await startHttpWorld({
      fairUse: { find: async () => ({ tier: 'standard', hasCredits: false }) },
    })
    const { body } = await post(world, form({ [name(world)]: tones([1, 2]) }))
    await world.deliver(jobOf(world))
    const answer = await read(world, body['job_id'], { reason: 'support' })
    expect(answer.body).toMatchObject({ conversations: [{ locked: true, segments: [] }] })
    expect(JSON.stringify(answer.body)).not.toMatch(/tone|title|overview/)
  })

  it('are gone for operators too when their user deleted them', async () => {
    await using world = await startHttpWorld()
    const { body } = await post(world, form({ [name(world)]: tones([1, 2]) }))
    await world.deliver(jobOf(world))
    const headers = { authorization: USER }
    const path = `${world.base}/v2/conversations`
    const mine = (await (await fetch(path, { headers })).json()) as {
      conversations: { id: string }[]
    }
    const { id } = mine.conversations[0] ?? {}
    expect((await fetch(`${path}/${id}`, { method: 'DELETE', headers })).ok).toBe(true)
    const answer = await read(world, body['job_id'], { reason: 'support' })
    expect(answer.body).toMatchObject({ conversations: [] })
  })

  it('are not read without a reason, by nobody, or of no job (I10, I12)', async () => {
    await using world = await startHttpWorld()
    const { body } = await post(world, form({ [name(world)]: tones([1, 2]) }))
    expect((await read(world, body['job_id'], {})).status).toBe(400)
    expect((await read(world, body['job_id'], { reason: 'x', cursor: '?' })).status).toBe(400)
    expect((await read(world, body['job_id'], { reason: 'x' }, {})).status).toBe(401)
    const none = '00000000-0000-4000-8000-000000000000'
    expect((await read(world, none, { reason: 'x' })).status).toBe(404)
    expect(audits(world)).toEqual([])
  })
})
