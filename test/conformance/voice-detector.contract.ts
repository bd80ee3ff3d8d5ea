import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFileDecoder } from '../../src/adapters/opus/index.ts'
import type { SpeechSpan, VoiceDetector } from '../../src/ports/index.ts'
import { allRecordings, arriving, join, mix, rms, whiteNoise } from '../support/audio.ts'

type Detector = VoiceDetector & { close(): Promise<void> }

/** 32 ms: what speech is judged by here. */
const FRAME = 512
/** A pause up to this long belongs to the sentence around it. */
const PAUSE_FRAMES = 10
const SECOND = 16_000

interface Sentence {
  readonly pcm: Int16Array<ArrayBuffer>
  /** Frame by frame, whether somebody speaks; read off the clean recording's loudness. */
  readonly speech: readonly boolean[]
  /** Root mean square of the speech alone. */
  readonly level: number
}

/** Real speech at a fixed level over a bed of nothing: undamaged recordings, three seconds apart. */
export async function realSpeech(): Promise<Sentence[]> {
  const decoder = createFileDecoder({ workers: 1 })
  const { signal } = new AbortController()
  const sentences: Sentence[] = []
  for (const { body, format, damagedPackets } of await allRecordings()) {
    if (damagedPackets > 0) continue
    const { pcm } = await decoder.decode(arriving(body), format, {
      maxDecodedBytes: 2 ** 26,
      signal,
    })
    const padded = join([pcm, new Int16Array(100 * FRAME - (pcm.length % FRAME))])
    const speech = loudFrames(padded)
    const level = rms(padded.filter((_, i) => speech[Math.floor(i / FRAME)]))
    sentences.push({ pcm: padded, speech, level })
  }
  await decoder.close()
  return sentences
}

/** At `snrDb`, each recording against white noise of its own level. */
export function inNoise(sentences: readonly Sentence[], snrDb: number, seed: number) {
  return join(
    sentences.map(({ pcm, level }, i) =>
      mix(pcm, whiteNoise(pcm.length, level / 10 ** (snrDb / 20), 100 * seed + i)),
    ),
  )
}

/** The port's promise, on real speech. */
export function voiceDetectorContract(name: string, make: () => Detector): void {
  describe(`${name} keeps the voice detector contract`, () => {
    let detector: Detector
    let sentences: Sentence[]
    beforeAll(async () => {
      detector = make()
      sentences = await realSpeech()
    })
    afterAll(async () => detector.close())

    const detect = (pcm: Int16Array<ArrayBuffer>, signal = new AbortController().signal) =>
      detector.detect(pcm, signal)

    it.each([
      ['clean speech', Number.POSITIVE_INFINITY, 0.97],
      ['speech 10 dB above white noise', 10, 0.95],
      ['speech as loud as white noise (0 dB)', 0, 0.9],
    ])('finds %s, and little else', async (_, snrDb, recallFloor) => {
      for (const seed of [1, 2]) {
        const { recall, precision } = compare(
          sentences.flatMap(({ speech }) => speech),
          await detect(inNoise(sentences, snrDb, seed)),
        )
        expect(recall).toBeGreaterThanOrEqual(recallFloor)
        expect(precision).toBeGreaterThanOrEqual(0.9)
      }
    })

    it.each([0, 30, 6_000])('hears nobody in white noise of level %i', async (level) => {
      expect(await detect(whiteNoise(30 * SECOND, level, level + 1))).toEqual([])
    })

    it('gives spans in order, apart, and inside the audio', async () => {
      for (const pcm of [inNoise(sentences, 5, 3), cutInSpeech(sentences)]) {
        let last = -1
        const spans = await detect(pcm)
        expect(spans.length).toBeGreaterThan(0)
        for (const { startSample, endSample } of spans) {
          expect(startSample).toBeGreaterThan(last)
          expect(endSample).toBeGreaterThan(startSample)
          last = endSample
        }
        expect(last).toBeLessThanOrEqual(pcm.length)
      }
    })

    it('hears speech up to the end of a recording that stops in a word', async () => {
      const pcm = cutInSpeech(sentences)
      expect((await detect(pcm)).at(-1)?.endSample).toBe(pcm.length)
    })

    it.each([0, 1, 511, 512, 513])('takes a recording of %i samples', async (samples) => {
      expect(await detect(new Int16Array(samples))).toEqual([])
    })

    it('gives the same spans whatever runs beside it', async () => {
      const pcm = inNoise(sentences.slice(0, 2), 0, 4)
      const alone = await detect(pcm)
      const beside = [pcm, whiteNoise(9 * SECOND, 900, 1), pcm, cutInSpeech(sentences), pcm]
      const together = await Promise.all(beside.map((other) => detect(other)))
      expect([together[0], together[2], together[4]]).toEqual([alone, alone, alone])
    })

    it("leaves the caller's samples as they are", async () => {
      const pcm = cutInSpeech(sentences)
      const before = pcm.slice()
      await detect(pcm)
      expect(pcm).toEqual(before)
    })

    it('rejects with the reason of an abort, before or during the work, and works on', async () => {
      const reason = new Error('run is over')
      await expect(detect(new Int16Array(SECOND), AbortSignal.abort(reason))).rejects.toBe(reason)
      const controller = new AbortController()
      const running = detect(whiteNoise(100 * SECOND, 100, 1), controller.signal)
      await detect(new Int16Array(SECOND))
      controller.abort(reason)
      await expect(running).rejects.toBe(reason)
      expect(await detect(cutInSpeech(sentences))).not.toEqual([])
    })

    it('names itself and its version', () => {
      expect(detector.version).toMatch(/^[\w.-]+\d[\w./-]*$/)
    })
  })
}

/** The first recording up to a loud word in its middle. */
function cutInSpeech(sentences: readonly Sentence[]): Int16Array<ArrayBuffer> {
  return (sentences[0]?.pcm ?? new Int16Array(0)).slice(0, 3 * SECOND)
}

/** Within 20 dB of the loudest tenth; short pauses closed. */
function loudFrames(pcm: Int16Array): boolean[] {
  const levels = Array.from({ length: Math.floor(pcm.length / FRAME) }, (_, i) =>
    rms(pcm.subarray(i * FRAME, (i + 1) * FRAME)),
  )
  const loudest = levels.toSorted((a, b) => a - b)[Math.floor(levels.length * 0.9)] ?? 0
  const loud = levels.map((level) => level > loudest / 10)
  let last = Number.NEGATIVE_INFINITY
  for (const [i, isLoud] of loud.entries()) {
    if (!isLoud) continue
    if (i - last <= PAUSE_FRAMES) loud.fill(true, last + 1, i)
    last = i
  }
  return loud
}

/** Frame by frame, by the frame's middle. */
function compare(speech: readonly boolean[], spans: readonly SpeechSpan[]) {
  const said = speech.map((_, i) => {
    const middle = (i + 0.5) * FRAME
    return spans.some(({ startSample, endSample }) => startSample < middle && middle < endSample)
  })
  const both = speech.filter((isSpeech, i) => isSpeech && said[i]).length
  return {
    recall: both / speech.filter(Boolean).length,
    precision: both / said.filter(Boolean).length,
  }
}
