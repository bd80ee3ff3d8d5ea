import { describe, expect, test } from 'vitest'
import { NO_PREFERENCES, objectNames, TerminalError } from '../../../src/kernel/index.ts'
import { createHints } from '../../../src/pipeline/speech-hints.ts'
import type { TranscriptionRequest } from '../../../src/ports/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type WorldOptions } from '../../support/world.ts'

/** Two stretches of speech, far enough apart to be two segments. */
const FILE = tones([100, 2], [0, 130], [200, 2])
const GERMAN = { ...NO_PREFERENCES, language: 'de', vocabulary: ['Omi'] }

type Hints = Pick<TranscriptionRequest, 'language' | 'vocabulary'>

function listening(
  answer: (hints: Hints) => void = () => undefined,
  options: Omit<WorldOptions, 'transcribe'> = {},
) {
  const heard: Hints[] = []
  const world = createWorld({
    ...options,
    transcribe: async ({ pcm: _, signal: __, ...hints }) => {
      heard.push(hints)
      answer(hints)
      return { text: 'said', words: [] }
    },
  })
  const name = toneName(world.clock.now() - 3_600_000)
  const run = async (more: Record<string, Uint8Array> = {}) => {
    const { jobId } = await world.upload({ [name]: FILE, ...more })
    await world.deliver(jobId)
    return (await world.records.read(jobId))?.status
  }
  return { world, heard, run }
}

describe('what a user said about their speech', () => {
  test('goes with every call of an attempt, and is read once', async () => {
    let reads = 0
    const { world, heard, run } = listening(undefined, {
      objects: (objects) => ({
        ...objects,
        read: (name, signal) => {
          if (name.startsWith('preferences/')) reads += 1
          return objects.read(name, signal)
        },
      }),
    })
    await world.preferences.write(world.uidHash, GERMAN)
    reads = 0
    expect(await run()).toBe('completed')
    expect(heard).toEqual([
      { language: 'de', vocabulary: ['Omi'] },
      { language: 'de', vocabulary: ['Omi'] },
    ])
    expect(reads).toBe(1)
  })

  test('changes no segment id and has nothing landed heard again (I4, I5)', async () => {
    const { world, heard, run } = listening()
    await run()
    const before = await world.names(objectNames.transcriptPrefix(world.uidHash))
    await world.preferences.write(world.uidHash, GERMAN)
    const other = toneName(world.clock.now() - 7_200_000)
    expect(await run({ [other]: tones([300, 2]) })).toBe('completed')
    const after = await world.names(objectNames.transcriptPrefix(world.uidHash))
    expect(after).toEqual(expect.arrayContaining(before))
    expect(after).toHaveLength(before.length + 1)
    expect(heard).toEqual([{}, {}, { language: 'de', vocabulary: ['Omi'] }])
  })

  test.each([
    ['a service that fixes one', { language: 'fr' }, NO_PREFERENCES, { language: 'fr' }],
    ['their own over it', { language: 'fr' }, GERMAN, { language: 'de', vocabulary: ['Omi'] }],
    ['detection over it', { language: 'fr' }, { ...NO_PREFERENCES, language: 'auto' }, {}],
    ['detection by default', {}, NO_PREFERENCES, {}],
  ])('decides the language: %s', async (_, service, said, told) => {
    const preferences = { read: async () => said }
    const hints = createHints({ ...service, preferences }, createWorld().uidHash)
    expect(await hints.with(async (given) => given)).toEqual(told)
  })

  test.each(['stt_configuration_error', 'stt_invalid_input'] as const)(
    'is dropped for the attempt when the provider refuses it as %s',
    async (reasonCode) => {
      const { world, heard, run } = listening(({ language }) => {
        if (language) throw new TerminalError('no such language', { reasonCode })
      })
      await world.preferences.write(world.uidHash, GERMAN)
      expect(await run()).toBe('completed')
      expect(heard.filter(({ language }) => language === undefined)).toHaveLength(2)
    },
  )

  test('is not blamed for a provider that refuses all the same', async () => {
    const { world, heard, run } = listening(() => {
      throw new TerminalError('no key', { reasonCode: 'stt_configuration_error' })
    })
    await world.preferences.write(world.uidHash, GERMAN)
    expect(await run()).toBe('failed')
    expect(heard).toContainEqual({})
  })
})
