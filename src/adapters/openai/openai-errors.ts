import { APIError } from 'openai'
import * as z from 'zod'
import { BusyError, RetryableError, retryAfterMs, TerminalError } from '../../kernel/index.ts'

/**
 * What a rejection of the client means for the caller. Texts are ours alone and the client's error is
 * not kept as a cause: it holds headers and the server's words, which quote keys and requests.
 */
export function translateError(error: unknown, nowMs: number): Error {
  if (error instanceof RetryableError) return error
  if (error instanceof APIError && error.status !== undefined) {
    return refusalError({ status: error.status, code: error.code, headers: error.headers }, nowMs)
  }
  if (error instanceof SyntaxError) return unreadableError()
  return connectionError(error)
}

export function unreadableError(): RetryableError {
  const what = 'the transcription server answered 200 with no transcript'
  return new RetryableError(what, { reasonCode: 'stt_upstream_error' })
}

export function timeoutError(timeoutMs: number): RetryableError {
  const what = `the transcription server did not answer within ${timeoutMs} ms`
  return new RetryableError(what, { reasonCode: 'stt_timeout' })
}

interface Refusal {
  readonly status: number
  readonly code: string | null | undefined
  readonly headers: Headers | undefined
}

/** 402 is a spent balance; 404 and a 400 that names the model are settings of ours. */
function refusalError({ status, code, headers }: Refusal, nowMs: number): Error {
  const what = `the transcription server answered ${status}`
  if (status === 429 || status === 503) {
    return new BusyError(what, {
      retryAfterMs: retryAfterMs(headers?.get('retry-after'), nowMs),
    })
  }
  const isModel = status === 400 && (code === 'model_not_found' || code === 'invalid_model')
  if ([401, 402, 403, 404].includes(status) || isModel) {
    return new TerminalError(what, { reasonCode: 'stt_configuration_error' })
  }
  if ([400, 413, 415, 422].includes(status))
    return new TerminalError(what, { reasonCode: 'stt_invalid_input' })
  return new RetryableError(what, { reasonCode: 'stt_upstream_error' })
}

const systemErrorSchema = z.object({ cause: z.object({ code: z.string().max(40) }) })

function connectionError(error: unknown): RetryableError {
  const parsed = systemErrorSchema.safeParse(error)
  const code = parsed.success ? parsed.data.cause.code : 'no code'
  const reasonCode = code.includes('TIME') ? 'stt_timeout' : 'stt_upstream_error'
  return new RetryableError(`the connection to the transcription server failed (${code})`, {
    reasonCode,
  })
}
