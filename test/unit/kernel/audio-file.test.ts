import { describe, expect, test } from 'vitest'
import {
  type AudioFileName,
  HOUR_MS,
  laneOf,
  parseAudioFileName,
} from '../../../src/kernel/index.ts'

const NOW = Date.UTC(2026, 5, 1)
const START = NOW / 1_000 - 60
const parsed = (name: string): AudioFileName => {
  const result = parseAudioFileName(name, NOW)
  if ('refused' in result) throw new Error(result.refused)
  return result
}
const refusal = (name: string) => {
  const result = parseAudioFileName(name, NOW)
  return 'refused' in result ? result.refused : undefined
}

describe('a file name says what is in the file', () => {
  test('Opus is the default, 160 samples a packet unless said', () => {
    expect(parsed(`audio_omi_opus_16000_1_${START}.bin`).format).toEqual({
      codec: 'opus',
      sampleRate: 16_000,
      channels: 1,
      frameSize: 160,
    })
    expect(parsed(`audio_omi_opus_16000_1_fs320_${START}.bin`).format.frameSize).toBe(320)
  })

  test('PCM carries its rate, with a default for each width', () => {
    expect(parsed(`audio_x_pcm16_44100_1_fs0_${START}.bin`).format).toMatchObject({
      codec: 'pcm16',
      sampleRate: 44_100,
    })
    expect(parsed(`audio_x_pcm16_${START}.bin`).format.sampleRate).toBe(16_000)
    expect(parsed(`audio_x_pcm8_${START}.bin`).format).toMatchObject({
      codec: 'pcm8',
      sampleRate: 8_000,
    })
  })

  test('the timestamp is the text between the last underscore and the last dot, in seconds or ms', () => {
    expect(parsed(`a_1_${START}.bin`).startMs).toBe(START * 1_000)
    expect(parsed(`a_${START}.5.bin`).startMs).toBe(START * 1_000 + 500)
    expect(parsed(`a_${START * 1_000}.bin`).startMs).toBe(START * 1_000)
  })

  test('the source is read from the name', () => {
    expect(parsed(`audio_limitless_${START}.bin`).source).toBe('limitless')
    expect(parsed(`audio_OmiBatchPhone_${START}.bin`).source).toBe('phone')
    expect(parsed(`audio_phonemic_${START}.bin`).source).toBe('phone')
    expect(parsed(`audio_omi_${START}.bin`).source).toBe('omi')
  })
})

describe('F4: a bad name is refused with its reason', () => {
  test.each([
    ['../audio_1767225600.bin', 'contains a path separator'],
    ['..\\audio_1767225600.bin', 'contains a path separator'],
    ['audio_\n1767225600.bin', 'contains a control character'],
    ['audio_\u00851767225600.bin', 'contains a control character'],
    ['audio_\ud8001767225600.bin', 'is not well-formed text'],
    ['audio_1767225600.wav', 'does not end in .bin'],
    ['1767225600.bin', 'has no timestamp part'],
    ['', 'the file has no name'],
    [`audio_${'x'.repeat(300)}_1767225600.bin`, 'longer than 255 characters'],
    ['audio_x.bin', 'no timestamp after the last underscore'],
    ['audio_-5.bin', 'no timestamp after the last underscore'],
    ['audio_1e9.bin', 'no timestamp after the last underscore'],
    ['audio_0.bin', 'no timestamp after the last underscore'],
    ['audio_Infinity.bin', 'no timestamp after the last underscore'],
    ['audio_1700000000.bin', 'timestamp is before 2024'],
    [`audio_${NOW / 1_000 + 301}.bin`, 'timestamp is in the future'],
    ['audio_fs0_1767225600.bin', 'frame size 0 is out of range'],
    ['audio_pcm16_1_1767225600.bin', 'sample rate 1 is out of range'],
  ])('%j: %s', (name, reason) => {
    expect(refusal(name)).toBe(reason)
  })

  test('a clock that runs ahead by up to 300 s is let through', () => {
    expect(refusal(`audio_${NOW / 1_000 + 300}.bin`)).toBeUndefined()
  })
})

test('audio captured up to the limit ago is fresh, older audio waits in the backfill lane', () => {
  expect(laneOf(NOW - 6 * HOUR_MS, NOW, 6 * HOUR_MS)).toBe('fresh')
  expect(laneOf(NOW - 6 * HOUR_MS - 1, NOW, 6 * HOUR_MS)).toBe('backfill')
})
