import { createFrameReader } from '../../src/kernel/index.ts'
import type { SampleFile } from '../support/app-client.ts'
import { recording, toBody, toFrames } from '../support/audio.ts'

/** One upload, and how many segments and files it comes to. */
export interface SampleUpload {
  readonly files: readonly SampleFile[]
  readonly segments: number
}

const RATE_HZ = 16_000
/** Longer than the silence that parts two segments. */
const GAP_SECONDS = 122
const FILE_APART_SECONDS = 600

/** Opus files of one short segment each: cheap to decode and to look through. */
export async function shortFiles(startSeconds: number, count: number): Promise<SampleUpload> {
  const { body } = await recording('austen-unless')
  const packets = toFrames(body)
  const each = Math.floor(packets.length / count)
  return {
    segments: count,
    files: Array.from({ length: count }, (_, i) => ({
      name: `audio_demo_opus_16000_1_fs320_${startSeconds + i * FILE_APART_SECONDS}.bin`,
      body: toBody(packets.slice(i * each, (i + 1) * each)),
    })),
  }
}

/** One file whose plan has two segments: speech, a long silence, the same speech upside down. */
export async function fileWithGap(startSeconds: number): Promise<SampleUpload> {
  const { body } = await recording('kennedy')
  const bytes = Buffer.concat(createFrameReader().push(body))
  const speech = Uint8Array.from(
    { length: 3 * RATE_HZ },
    (_, i) => (bytes.readInt16LE(2 * i) >> 8) + 128,
  )
  const silence = new Uint8Array(GAP_SECONDS * RATE_HZ).fill(128)
  const whole = Buffer.concat([speech, silence, speech.map((byte) => 255 - byte)])
  const frames: Uint8Array[] = []
  for (let at = 0; at < whole.length; at += RATE_HZ) frames.push(whole.subarray(at, at + RATE_HZ))
  return {
    segments: 2,
    files: [{ name: `audio_demo_pcm8_${RATE_HZ}_1_${startSeconds}.bin`, body: toBody(frames) }],
  }
}
