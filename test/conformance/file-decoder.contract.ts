import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AudioFormat, decodedSize, TerminalError } from '../../src/kernel/index.ts'
import type { DecodedFile, FileDecoder } from '../../src/ports/index.ts'
import {
  arriving,
  OPUS_10_MS,
  pcmFormat,
  type RecordedBody,
  recording,
  rms,
  seededRandom,
  sine,
  toBody,
  toFrames,
  toPcm16Body,
} from '../support/audio.ts'

const PLENTY = 2 ** 26

type Decoder = FileDecoder & { close(): Promise<void> }

/** The port's promise, on real speech and on damage of every kind. */
export function fileDecoderContract(name: string, make: () => Decoder): void {
  describe(`${name} keeps the file decoder contract`, () => {
    let decoder: Decoder
    let speech: RecordedBody
    beforeAll(async () => {
      decoder = make()
      speech = await recording('austen-leisure')
    })
    afterAll(async () => decoder.close())

    const decode = (
      body: Uint8Array | AsyncIterable<Uint8Array>,
      format: AudioFormat = OPUS_10_MS,
      options: { maxDecodedBytes?: number; signal?: AbortSignal } = {},
    ): Promise<DecodedFile> =>
      decoder.decode(body instanceof Uint8Array ? arriving(body) : body, format, {
        maxDecodedBytes: PLENTY,
        signal: new AbortController().signal,
        ...options,
      })

    describe('opus', () => {
      it('decodes every packet of a recording to its frame size', async () => {
        for (const name of ['austen-leisure', 'austen-unless']) {
          const { body, format, seconds } = await recording(name)
          const { pcm, frames, skippedFrames } = await decode(body, format)
          expect({ frames, skippedFrames }).toEqual({
            frames: toFrames(body).length,
            skippedFrames: 0,
          })
          expect(pcm.length).toBe(frames * format.frameSize)
          expect(pcm.length / 16_000).toBeCloseTo(seconds, 2)
          expect(rms(pcm)).toBeGreaterThan(1_000)
        }
      })

      it('gives the same samples for any cut into chunks', async () => {
        const body = speech.body.subarray(0, 9_000)
        const { pcm } = await decode(arriving(body, body.length))
        for (const chunkBytes of [1, 7, 4_096]) {
          expect((await decode(arriving(body, chunkBytes))).pcm).toEqual(pcm)
        }
      })

      it('gives the same samples for files decoded side by side', async () => {
        const alone = await decode(speech.body)
        const together = await Promise.all([1, 2, 3, 4].map(() => decode(speech.body)))
        for (const { pcm } of together) expect(pcm).toEqual(alone.pcm)
      })

      it('skips what is no packet and keeps the rest of the file', async () => {
        const { body, format, damagedPackets } = await recording('austen-damaged')
        const { pcm, frames, skippedFrames } = await decode(body, format)
        expect(skippedFrames).toBe(damagedPackets)
        expect(frames).toBe(toFrames(body).length - damagedPackets)
        expect(pcm.length).toBe(frames * format.frameSize)
      })

      it('keeps the prefix of a body that ends inside a frame', async () => {
        const whole = await decode(speech.body)
        const cut = await decode(speech.body.subarray(0, speech.body.length - 3))
        expect(cut.frames).toBe(whole.frames - 1)
        expect(cut.pcm).toEqual(whole.pcm.subarray(0, cut.pcm.length))
      })

      it('keeps what came before a zero length', async () => {
        const frames = toFrames(speech.body)
        const torn = toBody([...frames.slice(0, 50), new Uint8Array(0), ...frames.slice(50)])
        expect(await decode(torn)).toMatchObject({ frames: 50, skippedFrames: 0 })
      })

      it('skips packets longer than any packet may be', async () => {
        const frames = toFrames(speech.body).slice(0, 20)
        const long = [3_841, 65_536].map((length) => new Uint8Array(length).fill(0x78))
        const body = toBody([...frames.slice(0, 10), ...long, ...frames.slice(10)])
        const { pcm, skippedFrames } = await decode(body)
        expect(skippedFrames).toBe(2)
        expect(pcm).toEqual((await decode(toBody(frames))).pcm)
      })

      it('counts packets of another length than the named one as skipped', async () => {
        const { body } = await recording('austen-unless')
        const { pcm, frames, skippedFrames } = await decode(body, OPUS_10_MS)
        expect({ samples: pcm.length, frames, skippedFrames }).toEqual({
          samples: 0,
          frames: 0,
          skippedFrames: toFrames(body).length,
        })
      })

      it('finds no frame in noise, however much there is of it', async () => {
        const random = seededRandom(5)
        const noise = () => Uint8Array.from({ length: 1 + random() * 60 }, () => 256 * random())
        const misfits = Array.from({ length: 40_000 }, noise).filter((packet) => !isTenMs(packet))
        const { frames, pcm } = await decode(toBody(misfits))
        expect({ frames, samples: pcm.length }).toEqual({ frames: 0, samples: 0 })
      })

      it('survives noise of every length between good packets', async () => {
        const random = seededRandom(6)
        const frames = toFrames(speech.body).slice(0, 400)
        const mixed = frames.flatMap((frame, i) => [
          frame,
          Uint8Array.from({ length: 1 + (i % 200) }, () => 256 * random()),
        ])
        const { frames: decoded, skippedFrames, pcm } = await decode(toBody(mixed))
        expect(decoded + skippedFrames).toBe(mixed.length)
        expect(decoded).toBeGreaterThanOrEqual(frames.length)
        expect(pcm.length).toBe(decoded * 160)
      })
    })

    describe('pcm', () => {
      it.each([640, 1, 3, 65_535])(
        'passes 16 kHz PCM16 on as it is, in frames of %i B',
        async (frameBytes) => {
          const samples = sine(440, 16_000, 70_000, 20_000)
          const body = toPcm16Body(samples, frameBytes)
          const { pcm, frames } = await decode(body, pcmFormat('pcm16', 16_000))
          expect(pcm).toEqual(samples)
          expect(frames).toBe(toFrames(body).length)
        },
      )

      it('ignores an odd last byte', async () => {
        const body = toBody([new Uint8Array([1, 2, 3]), new Uint8Array([4, 5])])
        const { pcm } = await decode(body, pcmFormat('pcm16', 16_000))
        expect([...pcm]).toEqual([0x0201, 0x0403])
      })

      it('reads 8-bit samples as unsigned', async () => {
        const body = toBody([new Uint8Array([0, 128, 255])])
        const { pcm } = await decode(body, pcmFormat('pcm8', 16_000))
        expect([...pcm]).toEqual([-32_768, 0, 32_512])
      })

      it.each([4_000, 8_000, 11_025, 24_000, 44_100, 48_000, 96_000])(
        'brings a tone from %i Hz to 16 kHz at its pitch, level and length',
        async (rateHz) => {
          const body = toPcm16Body(sine(1_000, rateHz, rateHz, 10_000))
          const { pcm } = await decode(body, pcmFormat('pcm16', rateHz))
          expect(pcm).toHaveLength(16_000)
          const wrong = pcm.map((sample, i) => sample - 10_000 * Math.sin((2 * Math.PI * i) / 16))
          expect(rms(wrong.subarray(800, -800)) / rms(pcm)).toBeLessThan(0.005)
        },
      )

      it('lets nothing above 8 kHz fold back into speech', async () => {
        const body = toPcm16Body(sine(11_000, 48_000, 48_000, 20_000))
        const { pcm } = await decode(body, pcmFormat('pcm16', 48_000))
        expect(rms(pcm.subarray(800, -800))).toBeLessThan(5)
      })

      it.each([5_512, 8_000, 11_025, 22_050, 95_999])(
        'decodes %i Hz to exactly the size that admission reckons with',
        async (rateHz) => {
          for (const length of [1, 2, 1_001]) {
            const body = toBody([new Uint8Array(length).fill(130)])
            const format = pcmFormat('pcm8', rateHz)
            const { samples } = decodedSize(format, { frames: 1, payloadBytes: length })
            expect((await decode(body, format)).pcm).toHaveLength(samples)
          }
        },
      )
    })

    describe('limits and failures', () => {
      it('takes exactly maxDecodedBytes and refuses more as sync_invalid_audio', async () => {
        const limit = toFrames(speech.body).length * 320
        await expect(
          decode(speech.body, OPUS_10_MS, { maxDecodedBytes: limit }),
        ).resolves.toBeTruthy()
        const refusal = decode(speech.body, OPUS_10_MS, { maxDecodedBytes: limit - 1 })
        await expect(refusal).rejects.toThrow(TerminalError)
        await expect(refusal).rejects.toMatchObject({ reasonCode: 'sync_invalid_audio' })
        const slow = toBody([new Uint8Array(4_001)])
        await expect(
          decode(slow, pcmFormat('pcm8', 4_000), { maxDecodedBytes: 32_000 }),
        ).rejects.toMatchObject({ reasonCode: 'sync_invalid_audio' })
      })

      it('gives zero frames for an empty body', async () => {
        expect(await decode(new Uint8Array(0))).toMatchObject({ frames: 0, skippedFrames: 0 })
      })

      it('passes on what the body throws, before any verdict of its own (F61)', async () => {
        const cut = new Error('crc32c mismatch')
        async function* failing(bytes: Uint8Array) {
          yield* arriving(bytes)
          throw cut
        }
        const torn = toBody([new Uint8Array(0), new Uint8Array(9)])
        await expect(decode(failing(speech.body))).rejects.toBe(cut)
        await expect(decode(failing(torn))).rejects.toBe(cut)
        const limited = decode(failing(speech.body), OPUS_10_MS, { maxDecodedBytes: 320 })
        await expect(limited).rejects.toBe(cut)
        expect((await decode(speech.body)).skippedFrames).toBe(0)
      })

      it('reads a body to its end even when it has heard enough (F61)', async () => {
        let read = 0
        const long = toBody([new Uint8Array(0), ...Array(40).fill(new Uint8Array(60_000))])
        async function* counted() {
          for await (const chunk of arriving(long)) {
            read += chunk.length
            yield chunk
          }
        }
        await decode(counted())
        expect(read).toBe(long.length)
      })

      it('does not touch the body when the signal is aborted beforehand', async () => {
        let touched = false
        async function* body() {
          touched = true
          yield speech.body
        }
        const reason = new Error('run is over')
        const signal = AbortSignal.abort(reason)
        await expect(decode(body(), OPUS_10_MS, { signal })).rejects.toBe(reason)
        expect(touched).toBe(false)
      })

      it('rejects with the reason of an abort while the body stalls, and decodes on (F34)', async () => {
        const reason = new Error('run is over')
        const controller = new AbortController()
        async function* stalling() {
          yield speech.body.subarray(0, 70_000)
          controller.abort(reason)
          await new Promise(() => undefined)
        }
        const { signal } = controller
        await expect(decode(stalling(), OPUS_10_MS, { signal })).rejects.toBe(reason)
        expect((await decode(speech.body)).frames).toBe(toFrames(speech.body).length)
      })
    })

    it('names itself and its version', () => {
      expect(decoder.version).toMatch(/^[\w.-]+\d[\w./-]*$/)
    })
  })
}

/** Whether an Opus packet's first byte promises 10 ms (RFC 6716, 3.1), one way or another. */
function isTenMs(packet: Uint8Array): boolean {
  const toc = packet[0] ?? 0
  const config = toc >> 3
  const frameMs =
    config < 12
      ? ([10, 20, 40, 60][config % 4] ?? 0)
      : config < 16
        ? ([10, 20][config % 2] ?? 0)
        : ([2.5, 5, 10, 20][config % 4] ?? 0)
  const code = toc & 3
  const count = code === 0 ? 1 : code === 3 ? (packet[1] ?? 0) & 63 : 2
  return frameMs * count === 10
}
