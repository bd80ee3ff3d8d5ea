/** Speech becomes text. One call, one segment; the caller owns retries, timeouts and concurrency. */
export interface SpeechToText {
  /**
   * @throws BusyError on 429 and 503 with the wait it asked for
   * @throws RetryableError (`stt_upstream_error`, `stt_timeout`) when the same call may succeed later,
   *   unreadable or half answers included
   * @throws TerminalError `stt_configuration_error` (keys, permissions, model) or `stt_invalid_input`
   */
  transcribe(request: TranscriptionRequest): Promise<Transcription>
  /** For the usage record, e.g. `deepgram:nova-3`. */
  readonly provider: string
}

export interface TranscriptionRequest {
  /** 16 kHz mono. */
  readonly pcm: Int16Array<ArrayBuffer>
  /** BCP-47, or undefined to let the provider detect it. */
  readonly language?: string
  /** Words the speaker is likely to use; at most 100. */
  readonly vocabulary?: readonly string[]
  readonly signal: AbortSignal
}

export interface Transcription {
  /** Empty when the provider heard nothing. */
  readonly text: string
  /** Milliseconds from the start of the segment. */
  readonly words: readonly TranscribedWord[]
  readonly language?: string
}

export interface TranscribedWord {
  readonly text: string
  readonly startMs: number
  readonly endMs: number
  readonly speaker?: string
}
