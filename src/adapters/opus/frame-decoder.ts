import { DECODED_BYTES_PER_SAMPLE } from '../../kernel/index.ts'

/** Takes a file's frames in order and holds what they decoded to. */
export interface FrameDecoder {
  decode(frame: Uint8Array): void
  /** Frames that became audio, and those that did not. */
  readonly decoded: number
  readonly skipped: number
  /** What `finish` would return now. */
  readonly samples: number
  /** The whole file at 16 kHz; called once, last. */
  finish(): Int16Array<ArrayBuffer>
  free(): void
}

/**
 * A file whose first packets all fail holds no audio: five minutes of 10 ms packets, at 3 us each.
 * Fewer would give up a recording with a long damaged head.
 */
const GARBAGE_PACKETS = 30_000

export function isGarbage(frames: FrameDecoder): boolean {
  return frames.decoded === 0 && frames.skipped >= GARBAGE_PACKETS
}

export function isOverLimit(frames: FrameDecoder, maxDecodedBytes: number): boolean {
  return frames.samples * DECODED_BYTES_PER_SAMPLE > maxDecodedBytes
}
