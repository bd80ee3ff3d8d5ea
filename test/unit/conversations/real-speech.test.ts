import { afterAll, expect, test } from 'vitest'
import { createVoiceDetector } from '../../../src/adapters/silero/index.ts'
import { DECODED_RATE_HZ, SECOND_MS } from '../../../src/kernel/index.ts'
import { getConversation } from '../../../src/status/index.ts'
import { realSpeech } from '../../conformance/voice-detector.contract.ts'
import { join, toPcm16Body } from '../../support/audio.ts'
import { toneDecoder, toneName } from '../../support/tones.ts'
import { createWorld } from '../../support/world.ts'
import { run } from '../deletion/rig.ts'

const detector = createVoiceDetector({ workers: 1 })
afterAll(() => detector.close())

const EVERY_S = 6
const LONG_S = 12

/** Where a piece of the recording lies in it, by its own samples. */
function offsetIn(whole: Int16Array, piece: Int16Array): number {
  const at = Math.max(
    0,
    piece.findIndex((sample) => Math.abs(sample) > 2_000),
  )
  const probe = Buffer.from(piece.slice(at, at + 400).buffer)
  const found = Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).indexOf(probe)
  if (found < 0) throw new Error('the piece is none of the recording')
  return found / 2 - at
}

test('real speech in overlapping files, newest first in batches of two, is one conversation, told once', async () => {
  const whole = join((await realSpeech()).map(({ pcm }) => pcm))
  const seconds = Math.floor(whole.length / DECODED_RATE_HZ)
  const heard = new Set<number>()
  const world = createWorld({
    decoder: toneDecoder(),
    detector,
    // One word for every half second that begins in what is heard, by its place in the recording.
    transcribe: async ({ pcm }) => {
      const offset = offsetIn(whole, pcm)
      const half = DECODED_RATE_HZ / 2
      const words = []
      for (let n = Math.ceil(offset / half); (n + 1) * half <= offset + pcm.length; n += 1) {
        heard.add(n)
        const startMs = Math.round(((n * half - offset) / DECODED_RATE_HZ) * SECOND_MS)
        words.push({ text: `half${n}`, startMs, endMs: startMs + 490 })
      }
      return { text: words.map(({ text }) => text).join(' '), words }
    },
  })
  const startMs = world.clock.now() - 3_600 * SECOND_MS
  const files = Array.from({ length: Math.ceil((seconds - LONG_S) / EVERY_S) + 1 }, (_, i) => {
    const from = i * EVERY_S
    const pcm = whole.slice(from * DECODED_RATE_HZ, (from + LONG_S) * DECODED_RATE_HZ)
    return [toneName(startMs + from * SECOND_MS), toPcm16Body(pcm, 32_000)] as const
  }).reverse()
  for (let at = 0; at < files.length; at += 2) {
    const { jobId } = await world.upload(Object.fromEntries(files.slice(at, at + 2)))
    expect(await run(world, jobId)).toMatchObject({ status: 'completed' })
  }
  const [outline, ...others] = await world.conversations.list(world.uidHash, { limit: 9 })
  expect(others).toEqual([])
  if (!outline) throw new Error('there is a conversation')
  const told = (await getConversation(world, world.uidHash, outline.id))?.text?.split(/\s/)
  const expected = [...heard].sort((a, b) => a - b).map((n) => `half${n}`)
  expect(new Set(told)).toEqual(new Set(expected))
  // An overlap of a single word may be told twice, by design.
  expect(told?.length).toBeLessThanOrEqual(expected.length + files.length)
  expect(heard.size).toBeGreaterThan(30)
}, 60_000)
