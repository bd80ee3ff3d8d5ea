import type { AudioFormat } from '../kernel/index.ts'

/**
 * Turns one stored file into 16 kHz mono 16-bit PCM, off the event loop. Decoder state runs across
 * the file. A packet that does not decode is skipped; a body that ends inside a frame keeps its prefix.
 */
export interface FileDecoder {
  /**
   * @param body the verified file's bytes as they arrive; an error it throws is passed on unchanged
   * @throws TerminalError `sync_invalid_audio` for more than `maxDecodedBytes` of PCM
   */
  decode(
    body: AsyncIterable<Uint8Array>,
    format: AudioFormat,
    options: { readonly maxDecodedBytes: number; readonly signal: AbortSignal },
  ): Promise<DecodedFile>

  /** Name and version; part of the plan, since a cut binds to what made it. */
  readonly version: string
}

export interface DecodedFile {
  readonly pcm: Int16Array<ArrayBuffer>
  /** Frames that decoded; 0 means the file holds no readable audio. */
  readonly frames: number
  readonly skippedFrames: number
}

/** Half-open, in samples at 16 kHz. */
export interface SpeechSpan {
  readonly startSample: number
  readonly endSample: number
}

/** Finds speech, off the event loop. @throws RetryableError `sync_vad_failed`, never "silence" */
export interface VoiceDetector {
  detect(pcm: Int16Array<ArrayBuffer>, signal: AbortSignal): Promise<readonly SpeechSpan[]>
  readonly version: string
}
