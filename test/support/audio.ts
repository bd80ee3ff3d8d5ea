import { readFile } from 'node:fs/promises'
import { type AudioFormat, createFrameReader, parseAudioFileName } from '../../src/kernel/index.ts'
import { RECORDINGS, type Recording } from '../../src/local/recordings/index.ts'

const RATE_HZ = 16_000

export const OPUS_10_MS: AudioFormat = {
  codec: 'opus',
  sampleRate: RATE_HZ,
  channels: 1,
  frameSize: 160,
}

export function pcmFormat(codec: 'pcm16' | 'pcm8', sampleRate: number): AudioFormat {
  return { codec, sampleRate, channels: 1, frameSize: 0 }
}

export interface RecordedBody extends Recording {
  readonly body: Uint8Array<ArrayBuffer>
  readonly format: AudioFormat
}

/** One of the bundled recordings, by the start of its file's name. */
export async function recording(name: string): Promise<RecordedBody> {
  const found = RECORDINGS.find(({ file }) => file.pathname.includes(`/${name}`))
  if (found === undefined) throw new Error(`no recording ${name}`)
  return await loadRecording(found)
}

export function allRecordings(): Promise<RecordedBody[]> {
  return Promise.all(RECORDINGS.map(loadRecording))
}

async function loadRecording(listed: Recording): Promise<RecordedBody> {
  const startSeconds = 1_767_225_600
  const parsed = parseAudioFileName(
    `${listed.namePrefix}_${startSeconds}.bin`,
    startSeconds * 1_000,
  )
  if ('refused' in parsed) throw new Error(`${listed.namePrefix}: ${parsed.refused}`)
  return { ...listed, format: parsed.format, body: new Uint8Array(await readFile(listed.file)) }
}

/** Frames become a wire body. */
export function toBody(frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(frames.reduce((sum, frame) => sum + 4 + frame.length, 0))
  let at = 0
  for (const frame of frames) {
    new DataView(body.buffer).setUint32(at, frame.length, true)
    body.set(frame, at + 4)
    at += 4 + frame.length
  }
  return body
}

export function toFrames(body: Uint8Array): Uint8Array[] {
  return createFrameReader().push(body)
}

/** Samples as a PCM16 body in frames of `frameBytes`, which need not hold whole samples. */
export function toPcm16Body(samples: Int16Array, frameBytes = 640): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * 2)
  const view = new DataView(bytes.buffer)
  for (const [i, sample] of samples.entries()) view.setInt16(2 * i, sample, true)
  const frames: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += frameBytes) {
    frames.push(bytes.subarray(at, at + frameBytes))
  }
  return toBody(frames)
}

/** A body as it arrives, in chunks of any size. */
export async function* arriving(body: Uint8Array, chunkBytes = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += chunkBytes) yield body.subarray(at, at + chunkBytes)
}

/** The same numbers in [0, 1) for the same seed, on any machine (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** White Gaussian noise of the given root mean square. */
export function whiteNoise(samples: number, rms: number, seed: number): Int16Array<ArrayBuffer> {
  const random = seededRandom(seed)
  return Int16Array.from({ length: samples }, () => {
    const gaussian = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return toSample(rms * gaussian)
  })
}

export function sine(hz: number, rateHz: number, samples: number, peak: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    toSample(peak * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  )
}

export function mix(a: Int16Array, b: Int16Array): Int16Array<ArrayBuffer> {
  return Int16Array.from(a, (sample, i) => toSample(sample + (b[i] ?? 0)))
}

export function join(parts: readonly Int16Array[]): Int16Array<ArrayBuffer> {
  const joined = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

export function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}

function toSample(value: number): number {
  return Math.min(32_767, Math.max(-32_768, Math.round(value)))
}
