import { describe, expect, test } from 'vitest'
import { form, name, post, startHttpWorld } from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'

const KEY = 'a-key-of-their-own'

describe('an upload with a provider key of its user', () => {
  test.each([
    ['Deepgram', { 'X-BYOK-Deepgram': KEY }, 'byok:deepgram'],
    ['OpenAI', { 'x-byok-openai': KEY }, 'byok:openai'],
    [
      'all that existing apps send',
      {
        ...{ 'X-BYOK-OpenAI': 'for-language-models', 'X-BYOK-Anthropic': 'x' },
        ...{ 'X-BYOK-Gemini': '', 'X-BYOK-Deepgram': KEY },
      },
      'byok:deepgram',
    ],
  ])('%s runs with that key and is accepted as any other', async (_, headers, provider) => {
    await using world = await startHttpWorld()
    const answer = await post(world, form({ [name(world)]: tones([100, 3]) }), headers)
    expect(answer).toMatchObject({ status: 202, body: { status: 'queued' } })
    await world.inline.drained()
    const [transcript = ''] = await world.names('transcripts/')
    const stored = Buffer.from((await world.memory.read(transcript))?.bytes ?? []).toString()
    expect(JSON.parse(stored)).toMatchObject({ provider })
    expect(world.tasks.live()).toEqual([])
    expect(world.lines.join('')).not.toContain(KEY)
  })

  test('for language models alone runs with ours', async () => {
    await using world = await startHttpWorld()
    const headers = { 'X-BYOK-Anthropic': KEY, 'X-BYOK-Gemini': KEY }
    await post(world, form({ [name(world)]: tones([100, 3]) }), headers)
    expect(world.tasks.live()).toHaveLength(1)
  })

  test.each([
    ['empty', { 'X-BYOK-Deepgram': '' }, 'invalid_byok_key'],
    ['too short', { 'X-BYOK-Deepgram': 'short' }, 'invalid_byok_key'],
    ['of two words', { 'X-BYOK-OpenAI': 'two words of it' }, 'invalid_byok_key'],
    ['endless', { 'X-BYOK-OpenAI': 'k'.repeat(513) }, 'invalid_byok_key'],
    ['for nobody we know', { 'X-BYOK-Whisperers': KEY }, 'unsupported_byok_provider'],
  ])(
    'that is %s is refused with a code, staged nowhere and told nowhere (I12)',
    async (_, headers, code) => {
      await using world = await startHttpWorld()
      const answer = await post(world, form({ [name(world)]: tones([100, 3]) }), headers)
      expect(answer).toMatchObject({ status: 400, body: { code } })
      expect(await world.names('')).toEqual([])
      const [key = ''] = Object.values(headers)
      if (key) expect(JSON.stringify(answer) + world.lines.join('')).not.toContain(key)
    },
  )
})
