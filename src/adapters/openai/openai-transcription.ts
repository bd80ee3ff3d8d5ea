import type { TranscriptionCreateParamsNonStreaming } from 'openai/resources/audio/transcriptions'
import { wavFile } from '../../kernel/index.ts'
import type { Clock, SpeechToText, TranscriptionRequest } from '../../ports/index.ts'
import { createClient } from './openai-client.ts'
import { TRANSCRIPTION, timeoutError, translateError } from './openai-errors.ts'
import { readTranscription } from './transcription-answer.ts'

export interface OpenaiTranscriptionOptions {
  /** Servers without keys take any text. */
  readonly apiKey: string
  /** Up to and with the version, e.g. `https://api.openai.com/v1`, the default. */
  readonly baseUrl?: string
  /** Default `whisper-1`. */
  readonly model?: string
  /** For one call, upload and answer included. */
  readonly timeoutMs?: number
  readonly clock: Clock
}

/** Below the 300 s after which fetch itself gives up on headers: a slow answer has one name. */
const DEFAULT_TIMEOUT_MS = 290_000

/** Any server with OpenAI's `/audio/transcriptions`: one request a call, nothing retried here. */
export function createOpenaiTranscription(options: OpenaiTranscriptionOptions): SpeechToText {
  const { clock, timeoutMs = DEFAULT_TIMEOUT_MS, model = 'whisper-1' } = options
  const client = createClient(options, timeoutMs)
  return {
    provider: `openai:${model}`,
    async transcribe(request) {
      const ended = new AbortController()
      const signal = AbortSignal.any([request.signal, ended.signal])
      try {
        const answer: unknown = await Promise.race([
          client.audio.transcriptions.create(transcriptionForm(model, request), { signal }),
          clock
            .sleep(timeoutMs, ended.signal)
            .then(() => Promise.reject(timeoutError(TRANSCRIPTION, timeoutMs))),
        ])
        return readTranscription(answer)
      } catch (error) {
        request.signal.throwIfAborted()
        throw translateError(TRANSCRIPTION, error, clock.now())
      } finally {
        // The loser of the race lets go of its timer or its socket.
        ended.abort()
      }
    },
  }
}

function transcriptionForm(
  model: string,
  request: TranscriptionRequest,
): TranscriptionCreateParamsNonStreaming {
  const { language, vocabulary = [] } = request
  return {
    model,
    file: new File([wavFile(request.pcm)], 'segment.wav', { type: 'audio/wav' }),
    temperature: 0,
    ...(language !== undefined && { language: primarySubtag(language) }),
    ...(vocabulary.length > 0 && { prompt: vocabulary.join(', ') }),
    ...(knowsWordTimes(model)
      ? { response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] }
      : { response_format: 'json' }),
  }
}

/** The API wants ISO-639-1: `en` of `en-GB`. */
function primarySubtag(language: string): string {
  return language.split('-', 1)[0] ?? language
}

/** OpenAI's gpt models refuse `verbose_json`; Whisper and its kin, on any server, know it. */
function knowsWordTimes(model: string): boolean {
  return !model.startsWith('gpt-')
}
