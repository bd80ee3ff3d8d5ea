import { expect, test } from 'vitest'
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

async function preferences(world: HttpWorld, wish?: unknown, authorization = USER) {
  const answer = await fetch(`${world.base}/v2/preferences`, {
    headers: { authorization, 'content-type': 'application/json' },
    ...(wish === undefined ? {} : { method: 'PUT', body: JSON.stringify(wish) }),
  })
  return { status: answer.status, body: await answer.json() }
}

test('preferences are a user’s own, whole and durable', async () => {
  await using world = await startHttpWorld()
  const none = { language: 'auto', vocabulary: [] }
  const some = { language: 'en-GB', vocabulary: ['Omi'] }
  expect(await preferences(world)).toEqual({ status: 200, body: none })
  expect(await preferences(world, some)).toEqual({ status: 200, body: some })
  world.flush()
  expect(await preferences(world)).toEqual({ status: 200, body: some })
  expect(await preferences(world, undefined, 'Bearer user user-2')).toMatchObject({ body: none })
  expect(await preferences(world, {})).toEqual({ status: 200, body: none })
  expect(await world.names('preferences/')).toEqual([`preferences/${world.uidHash}.json`])
})

test('preferences that cannot be are refused by the field, and leave what stands (I12)', async () => {
  await using world = await startHttpWorld()
  await preferences(world, { language: 'de' })
  for (const [code, wish] of [
    ['invalid_language', { language: 'english please' }],
    ['invalid_vocabulary', { vocabulary: ['x'.repeat(61)] }],
    ['invalid_preferences', { speed: 2 }],
  ]) {
    expect(await preferences(world, wish)).toMatchObject({ status: 400, body: { code } })
  }
  expect(await preferences(world, undefined, '')).toMatchObject({ status: 401 })
  expect(await preferences(world)).toMatchObject({ body: { language: 'de' } })
})

test('speakers are kept as the provider gives them', async () => {
  const word = (text: string, startMs: number, speaker: string) => ({
    ...{ text, startMs, endMs: startMs + 400, speaker },
  })
  await using world = await startHttpWorld({
    transcribe: async () => ({
      text: 'hello you',
      words: [word('hello', 0, 'speaker_1'), word('you', 500, 'speaker_0')],
    }),
  })
  await post(world, form({ [name(world)]: tones([100, 2]) }))
  await world.deliver(jobOf(world))
  const get = async (path: string) =>
    (await fetch(world.base + path, { headers: { authorization: USER } })).json()
  const [conversation] = (await get('/v2/conversations')).conversations
  const { segments } = await get(`/v2/conversations/${conversation.id}`)
  expect(segments[0].words).toMatchObject([
    { text: 'hello', speaker: 'speaker_1' },
    { text: 'you', speaker: 'speaker_0' },
  ])
})
