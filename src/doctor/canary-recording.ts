import type { UploadFile } from '../client/index.ts'
import { SECOND_MS } from '../kernel/index.ts'

const RATE_HZ = 16_000
const FRAME_SAMPLES = 320
const SECONDS = 2

/**
 * Two seconds of silence, recorded just now: it goes all the way to an end and to no provider, so that
 * it costs nothing and leaves no conversation.
 */
export function silentRecording(nowMs: number): UploadFile {
  const frames = (RATE_HZ / FRAME_SAMPLES) * SECONDS
  const frameBytes = 4 + 2 * FRAME_SAMPLES
  const body = new Uint8Array(frames * frameBytes)
  const view = new DataView(body.buffer)
  for (let at = 0; at < body.length; at += frameBytes) view.setUint32(at, 2 * FRAME_SAMPLES, true)
  const startSeconds = Math.floor(nowMs / SECOND_MS) - SECONDS
  return { name: `audio_doctor_pcm16_${RATE_HZ}_1_${startSeconds}.bin`, body }
}
