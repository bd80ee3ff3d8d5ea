import type { AudioFormat } from './audio-file.ts'

/**
 * The wire body of an audio file: uint32 little-endian N, then N bytes, repeated to the end. What
 * cannot be a frame ends the reading, and everything before it counts.
 */
export const MAX_FRAME_BYTES = 65_536

/** All decoded audio is 16 kHz, 16-bit, mono. */
export const DECODED_RATE_HZ = 16_000
export const DECODED_BYTES_PER_SAMPLE = 2

const PREFIX_BYTES = 4

export type FrameStop = 'zero_length' | 'too_long' | 'truncated'

/** Complete frames so far, and their bytes without the prefixes. */
export interface FrameCounts {
  readonly frames: number
  readonly payloadBytes: number
  /** Why the reading ended before the body did; absent while it goes on, and after a clean end. */
  readonly stopped?: FrameStop
}

/** Counts frames without touching them: limits are watched while an upload streams by. */
export interface FrameCounter {
  /** Any cut of the body into chunks gives the same counts. */
  push(chunk: Uint8Array): void
  /** The body is over; a frame begun and not finished reads as `truncated`. */
  end(): void
  readonly counts: FrameCounts
}

export interface FrameReader {
  /** Complete frames in order. A frame that lies within one chunk is a view of that chunk. */
  push(chunk: Uint8Array): Uint8Array[]
  end(): void
  readonly counts: FrameCounts
}

export function createFrameCounter(): FrameCounter {
  const scanner = createScanner(() => undefined)
  return {
    push: scanner.push,
    end: scanner.end,
    get counts() {
      return scanner.counts()
    },
  }
}

export function createFrameReader(): FrameReader {
  let complete: Uint8Array[] = []
  let partial: Uint8Array | undefined
  const scanner = createScanner((chunk, from, to, missing, length) => {
    if (partial === undefined && missing === 0) {
      complete.push(chunk.subarray(from, to))
      return
    }
    partial ??= new Uint8Array(length)
    partial.set(chunk.subarray(from, to), length - missing - (to - from))
    if (missing > 0) return
    complete.push(partial)
    partial = undefined
  })
  return {
    push(chunk) {
      complete = []
      scanner.push(chunk)
      return complete
    },
    end: scanner.end,
    get counts() {
      return scanner.counts()
    },
  }
}

export interface DecodedSize {
  readonly samples: number
  readonly bytes: number
  readonly ms: number
}

/**
 * What the counted frames come to once decoded, rounded up to a sample. Exact for PCM; for Opus the
 * most it can be, since packets that do not decode add nothing.
 */
export function decodedSize(format: AudioFormat, counts: FrameCounts): DecodedSize {
  const samples =
    format.codec === 'opus'
      ? counts.frames * format.frameSize
      : decodedSamples(storedSamples(format.codec, counts.payloadBytes), format.sampleRate)
  return {
    samples,
    bytes: samples * DECODED_BYTES_PER_SAMPLE,
    ms: Math.ceil((samples * 1_000) / DECODED_RATE_HZ),
  }
}

/** How many 16 kHz samples `samples` at `sampleRate` become. */
export function decodedSamples(samples: number, sampleRate: number): number {
  return Math.ceil((samples * DECODED_RATE_HZ) / sampleRate)
}

function storedSamples(codec: 'pcm16' | 'pcm8', payloadBytes: number): number {
  return codec === 'pcm16' ? Math.floor(payloadBytes / 2) : payloadBytes
}

/** Told of every piece of payload: where it lies, how much of its frame is missing, the frame's length. */
type VisitPayload = (
  chunk: Uint8Array,
  from: number,
  to: number,
  missing: number,
  length: number,
) => void

function createScanner(visit: VisitPayload) {
  let frames = 0
  let payloadBytes = 0
  let stopped: FrameStop | undefined
  let prefix = 0
  let prefixBytes = 0
  let missing = 0

  /** Takes what the chunk holds of a length prefix, and judges a complete one. Returns where it ends. */
  function readPrefix(chunk: Uint8Array, from: number): number {
    let at = from
    while (prefixBytes < PREFIX_BYTES && at < chunk.length) {
      prefix |= (chunk[at] ?? 0) << (8 * prefixBytes)
      prefixBytes += 1
      at += 1
    }
    if (prefixBytes < PREFIX_BYTES) return at
    if (prefix === 0) stopped = 'zero_length'
    // Read as signed: with its highest bit set a length is negative, and too long as well.
    else if (prefix < 0 || prefix > MAX_FRAME_BYTES) stopped = 'too_long'
    else missing = prefix
    return at
  }

  return {
    push(chunk: Uint8Array): void {
      let at = 0
      while (at < chunk.length && stopped === undefined) {
        if (missing === 0) {
          at = readPrefix(chunk, at)
          continue
        }
        const to = Math.min(at + missing, chunk.length)
        missing -= to - at
        visit(chunk, at, to, missing, prefix)
        at = to
        if (missing > 0) return
        frames += 1
        payloadBytes += prefix
        prefix = 0
        prefixBytes = 0
      }
    },
    end(): void {
      if (prefixBytes > 0) stopped ??= 'truncated'
    },
    counts: (): FrameCounts => ({
      frames,
      payloadBytes,
      ...(stopped === undefined ? {} : { stopped }),
    }),
  }
}
