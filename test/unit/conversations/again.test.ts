import { describe, expect, test } from 'vitest'
import { TerminalError } from '../../../src/kernel/index.ts'
import { tones } from '../../support/tones.ts'
import { createWorld } from '../../support/world.ts'
import { upload } from '../deletion/rig.ts'

const FILES = { 600: tones([100, 3]), 560: tones([101, 3]), 520: tones([102, 3]) }

function refusingWorld() {
  const asked: number[] = []
  let refused: number | undefined = 101
  const world = createWorld({
    transcribe: async ({ pcm }) => {
      const level = Math.max(...pcm)
      asked.push(level)
      if (level === refused) {
        throw new TerminalError('refused', { reasonCode: 'stt_invalid_input' })
      }
      return { text: `tone ${level}`, words: [] }
    },
  })
  return {
    world,
    asked,
    heal: () => {
      refused = undefined
      asked.length = 0
    },
  }
}

describe('audio that comes again', () => {
  test('after a partial failure: only what is missing is asked for, and all of it stands once (I4, I7)', async () => {
    const { world, asked, heal } = refusingWorld()
    expect(await upload(world, FILES)).toMatchObject({ status: 'partial_failure' })
    expect(await world.texts()).toEqual([['tone 100', 'tone 102']])
    heal()
    expect(await upload(world, FILES)).toMatchObject({ status: 'completed', totalSegments: 3 })
    expect(asked).toEqual([101])
    expect(await world.texts()).toEqual([['tone 100', 'tone 101', 'tone 102']])
  })

  test('in another batch, half of it new: the old half is not asked for again (I4, I5)', async () => {
    const { world, asked, heal } = refusingWorld()
    heal()
    await upload(world, FILES)
    asked.length = 0
    const half = { 560: FILES[560], 520: FILES[520], 480: tones([103, 3]), 440: tones([104, 3]) }
    expect(await upload(world, half)).toMatchObject({ status: 'completed', totalSegments: 4 })
    expect(asked.sort()).toEqual([103, 104])
    expect(await world.texts()).toEqual([[100, 101, 102, 103, 104].map((level) => `tone ${level}`)])
  })
})
