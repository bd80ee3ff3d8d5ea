import { wavFile } from '../../kernel/index.ts'
import type { Clock, SpeechToText, TranscriptionRequest } from '../../ports/index.ts'
import { connectionError, type HttpAnswer, refusalError, timeoutError } from './deepgram-errors.ts'
import { readListenAnswer } from './listen-answer.ts'
import { listenUrl } from './listen-url.ts'

export interface DeepgramOptions {
  readonly apiKey: string
  /** Default `https://api.deepgram.com`; a path in it is kept. */
  readonly baseUrl?: string
  /** Default `nova-3`. */
  readonly model?: string
  /** For one call, upload and answer included. */
  readonly timeoutMs?: number
  readonly clock: Clock
}

/** Below the 300 s after which fetch itself gives up on headers: a slow answer has one name. */
const DEFAULT_TIMEOUT_MS = 290_000

/** Deepgram's pre-recorded API: one request a call, nothing retried here. */
export function createDeepgram(options: DeepgramOptions): SpeechToText {
  const { clock, timeoutMs = DEFAULT_TIMEOUT_MS, model = 'nova-3' } = options
  const baseUrl = new URL(options.baseUrl ?? 'https://api.deepgram.com')
  return {
    provider: `deepgram:${model}`,
    async transcribe(request) {
      const ended = new AbortController()
      const signal = AbortSignal.any([request.signal, ended.signal])
      try {
        const answer = await Promise.race([
          listen({ url: listenUrl({ baseUrl, model, request }), options, request, signal }),
          clock.sleep(timeoutMs, ended.signal).then(() => Promise.reject(timeoutError(timeoutMs))),
        ])
        if (answer.status !== 200) throw refusalError(answer, clock.now())
        return readListenAnswer(answer.body)
      } catch (error) {
        request.signal.throwIfAborted()
        throw error
      } finally {
        // The loser of the race lets go of its timer or its socket.
        ended.abort()
      }
    },
  }
}

async function listen(call: {
  readonly url: URL
  readonly options: DeepgramOptions
  readonly request: TranscriptionRequest
  readonly signal: AbortSignal
}): Promise<HttpAnswer> {
  try {
    const response = await fetch(call.url, {
      method: 'POST',
      headers: { authorization: `Token ${call.options.apiKey}`, 'content-type': 'audio/wav' },
      body: wavFile(call.request.pcm),
      // The API has no redirects; a portal's must not be followed with the audio.
      redirect: 'manual',
      signal: call.signal,
    })
    const body = await response.text()
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body }
  } catch (error) {
    throw connectionError(error)
  }
}
