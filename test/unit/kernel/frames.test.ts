import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createFrameCounter,
  createFrameReader,
  decodedSize,
  MAX_FRAME_BYTES,
} from '../../../src/kernel/index.ts'
import { OPUS_10_MS, pcmFormat, toBody } from '../../support/audio.ts'

const frame = fc.uint8Array({ minLength: 1, maxLength: 40 })
const body = fc.array(frame, { maxLength: 12 }).map(toBody)
const cuts = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 20 })

describe('the frame reader', () => {
  it('gives back the frames of any body, however the body is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), cuts, (frames, sizes) => {
        expect(read(chunked(toBody(frames), sizes)).frames).toEqual(frames)
      }),
    )
  })

  it('reads any bytes alike in one chunk and in many, and counts what it reads', () => {
    const bytes = fc.oneof(body, fc.uint8Array({ maxLength: 60 }))
    fc.assert(
      fc.property(bytes, fc.uint8Array({ maxLength: 9 }), cuts, (start, rest, sizes) => {
        const whole = new Uint8Array([...start, ...rest])
        const once = read([whole])
        expect(read(chunked(whole, sizes))).toEqual(once)
        expect(count(chunked(whole, sizes))).toEqual(once.counts)
        expect(once.counts.frames).toBe(once.frames.length)
        expect(once.counts.payloadBytes).toBe(once.frames.reduce((sum, f) => sum + f.length, 0))
      }),
    )
  })

  it.each([
    ['a zero length', [0, 0, 0, 0, 1, 0, 0, 0, 7], 'zero_length'],
    ['a length over 65,536', [1, 0, 1, 0, 9], 'too_long'],
    ['a length with the highest bit set', [0, 0, 0, 0x80, 9], 'too_long'],
    ['half a prefix', [5, 0], 'truncated'],
    ['a prefix alone', [5, 0, 0, 0], 'truncated'],
    ['a short payload', [5, 0, 0, 0, 1, 2], 'truncated'],
  ])('stops at %s and keeps what came before', (_, bytes, stopped) => {
    const before = new Uint8Array([1, 2, 3])
    const { frames, counts } = read([toBody([before]), new Uint8Array(bytes)])
    expect(frames).toEqual([before])
    expect(counts).toEqual({ frames: 1, payloadBytes: 3, stopped })
  })

  it('takes a frame of exactly 65,536 bytes', () => {
    const largest = new Uint8Array(MAX_FRAME_BYTES).fill(9)
    expect(read([toBody([largest])])).toEqual({
      frames: [largest],
      counts: { frames: 1, payloadBytes: MAX_FRAME_BYTES },
    })
  })

  it('ends cleanly on a frame boundary, an empty body included', () => {
    expect(read([]).counts).toEqual({ frames: 0, payloadBytes: 0 })
    expect(read([toBody([new Uint8Array(3)])]).counts.stopped).toBeUndefined()
  })

  it('does not copy a frame that lies within a chunk', () => {
    const chunk = toBody([new Uint8Array(8), new Uint8Array(8)])
    for (const view of createFrameReader().push(chunk)) expect(view.buffer).toBe(chunk.buffer)
  })
})

describe('decoded size', () => {
  it.each([
    [
      OPUS_10_MS,
      { frames: 100, payloadBytes: 4_000 },
      { samples: 16_000, bytes: 32_000, ms: 1_000 },
    ],
    [pcmFormat('pcm16', 16_000), { frames: 1, payloadBytes: 3 }, { samples: 1, bytes: 2, ms: 1 }],
    [
      pcmFormat('pcm8', 8_000),
      { frames: 3, payloadBytes: 8_000 },
      { samples: 16_000, bytes: 32_000, ms: 1_000 },
    ],
    [
      pcmFormat('pcm16', 48_000),
      { frames: 1, payloadBytes: 2 * 48_001 },
      { samples: 16_001, bytes: 32_002, ms: 1_001 },
    ],
  ])('of %o with %o is %o', (format, counts, size) => {
    expect(decodedSize(format, counts)).toEqual(size)
  })
})

function read(chunks: readonly Uint8Array[]) {
  const reader = createFrameReader()
  const frames = chunks.flatMap((chunk) => reader.push(chunk))
  reader.end()
  return { frames: frames.map((f) => new Uint8Array(f)), counts: reader.counts }
}

function count(chunks: readonly Uint8Array[]) {
  const counter = createFrameCounter()
  for (const chunk of chunks) counter.push(chunk)
  counter.end()
  return counter.counts
}

/** Cut by `sizes`, over and over; a size of 0 gives an empty chunk, and then one byte. */
function chunked(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    if (size === 0) chunks.push(new Uint8Array(0))
    chunks.push(bytes.subarray(at, at + Math.max(1, size)))
    at += Math.max(1, size)
  }
  return chunks
}
