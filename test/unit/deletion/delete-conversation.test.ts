import { describe, expect, test } from 'vitest'
import { readUsage } from '../../../src/fair-use/index.ts'
import { UnavailableError } from '../../../src/kernel/index.ts'
import { failing } from '../../support/failing.ts'
import { type HttpWorld, startHttpWorld, USER } from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'
import type { World, WorldOptions } from '../../support/world.ts'
import { allText, SECRET, spokenWorld, upload } from './rig.ts'

const STRANGER = 'Bearer user user-2'

async function ask(world: HttpWorld, method: string, id: string, authorization = USER) {
  const url = `${world.base}/v2/conversations${id === '' ? '' : `/${id}`}`
  const answer = await fetch(url, { method, headers: { authorization } })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
}

async function shownIds(world: HttpWorld): Promise<string[]> {
  const { body } = await ask(world, 'GET', '')
  return body.conversations.map(({ id }: { id: string }) => id)
}

/** Two conversations, an hour apart; the older one is spoken of as SECRET. */
async function twoConversations(options: WorldOptions = {}) {
  const world = await startHttpWorld(spokenWorld(options))
  await upload(world, { 7200: tones([100, 3]), 7120: tones([101, 3]) })
  await upload(world, { 3600: tones([200, 3]) })
  const [stays, gone] = await shownIds(world)
  if (stays === undefined || gone === undefined) throw new Error('two conversations were made')
  return { world, stays, gone, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

describe('DELETE of a conversation', () => {
  test('leaves nothing of it to read, and everything else', async () => {
    await using made = await twoConversations()
    const { world, stays, gone } = made
    const before = await ask(world, 'GET', stays)
    expect(await allText(world)).toContain(SECRET)
    expect(await ask(world, 'DELETE', gone)).toEqual({ status: 204, body: undefined })
    expect(await ask(world, 'GET', gone)).toMatchObject({
      status: 404,
      body: { code: 'conversation_not_found' },
    })
    expect(await shownIds(world)).toEqual([stays])
    expect(await ask(world, 'GET', stays)).toEqual(before)
    expect(await allText(world)).not.toContain(SECRET)
    expect(await world.names('deletions/')).toEqual([])
  })

  test('goes by any id that the conversation ever had', async () => {
    await using made = await twoConversations()
    const { world, stays, gone } = made
    const { body } = await ask(world, 'GET', gone)
    const seeds = body.segments.map(({ id }: { id: string }) => `${gone.slice(0, 8)}-${id}`)
    const last = seeds.find((seed: string) => seed !== gone)
    expect((await ask(world, 'DELETE', last)).status).toBe(204)
    expect(await shownIds(world)).toEqual([stays])
    expect((await ask(world, 'DELETE', last)).status).toBe(204)
    expect((await ask(world, 'DELETE', gone)).status).toBe(204)
  })

  test('is 404 for a stranger, for an id of nothing and for text that is none (I12)', async () => {
    await using made = await twoConversations()
    const { world, gone } = made
    const unknown = `${gone.slice(0, 9)}${'0'.repeat(40)}`
    for (const [id, user] of [
      [gone, STRANGER],
      [unknown, USER],
      ['nonsense', USER],
    ] as const) {
      expect(await ask(world, 'DELETE', id, user)).toMatchObject({
        status: 404,
        body: { code: 'conversation_not_found' },
      })
    }
    expect((await ask(world, 'DELETE', gone, '')).status).toBe(401)
    expect(await shownIds(world)).toHaveLength(2)
  })

  test('keeps the usage: what was transcribed stays billed (I5)', async () => {
    await using made = await twoConversations()
    const { world, gone } = made
    const period = { fromMs: 0, toMs: world.clock.now() + 1 }
    const usage = () =>
      readUsage({ ...world, events: world.delivery.events }, world.uidHash, period)
    const before = await usage()
    expect(before.billed).toMatchObject([{ segments: 3 }])
    await ask(world, 'DELETE', gone)
    expect(await usage()).toEqual(before)
  })

  test('that a store fails says so, and the next one finishes it (I12)', async () => {
    let broken = false
    await using made = await twoConversations({
      objects: (objects) =>
        failing(objects, {
          on: 'replace',
          times: Infinity,
          when: () => broken,
          error: () => new UnavailableError('injected', { party: 'gcs' }),
        }),
    })
    const { world, stays, gone } = made
    broken = true
    expect(await ask(world, 'DELETE', gone)).toMatchObject({
      status: 503,
      body: { code: 'staging_unavailable' },
    })
    broken = false
    expect((await ask(world, 'DELETE', gone)).status).toBe(204)
    expect(await shownIds(world)).toEqual([stays])
    expect(await allText(world)).not.toContain(SECRET)
  })
})

describe('what comes after a deletion', () => {
  const texts = async (world: World) => (await world.texts()).flat()

  test('is new when it is recorded or uploaded later, and tombstones bridge nothing', async () => {
    await using made = await twoConversations()
    const { world, gone } = made
    await ask(world, 'DELETE', gone)
    await world.clock.advance(1_000)
    const beforeAndAfter = { 7230: tones([110, 3]), 7100: tones([111, 3]) }
    await upload(world, beforeAndAfter)
    expect(await shownIds(world)).toHaveLength(3)
    expect(await texts(world)).toEqual(expect.arrayContaining(['tone 110', 'tone 111']))
  })

  test('is the same audio in another batch: it stays deleted, and nobody is asked again', async () => {
    await using made = await twoConversations()
    const { world, stays, gone } = made
    await ask(world, 'DELETE', gone)
    const asked = world.calls.length
    const status = await upload(world, {
      7200: tones([100, 3]),
      1800: tones([210, 3]),
    })
    expect(status).toMatchObject({ status: 'completed', totalSegments: 2, silent: 1 })
    expect(world.calls.length).toBe(asked + 1)
    expect(await shownIds(world)).toHaveLength(2)
    expect(await shownIds(world)).toContain(stays)
    expect(await allText(world)).not.toContain(SECRET)
  })

  test('sent to the deleted one by name, is placed by its own time', async () => {
    await using made = await twoConversations()
    const { world, gone } = made
    await ask(world, 'DELETE', gone)
    const status = await upload(world, { 1200: tones([120, 3]) }, gone)
    expect(status).toMatchObject({ status: 'completed', silent: 0 })
    expect(await texts(world)).toContain('tone 120')
    expect((await ask(world, 'GET', gone)).status).toBe(404)
  })
})
