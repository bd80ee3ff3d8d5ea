import { APIError } from 'openai'
import * as z from 'zod'
import {
  BusyError,
  type ReasonCode,
  RetryableError,
  retryAfterMs,
  TerminalError,
} from '../../kernel/index.ts'

/** How a server that speaks OpenAI's API is spoken of, and the codes of what goes wrong with it. */
export interface Vocabulary {
  /** E.g. `the transcription server`. */
  readonly party: string
  /** What it failed to bring, e.g. `no transcript`. */
  readonly nothing: string
  readonly timeout: ReasonCode
  readonly upstream: ReasonCode
  readonly configuration: ReasonCode
  readonly input: ReasonCode
}

export const TRANSCRIPTION: Vocabulary = {
  party: 'the transcription server',
  nothing: 'no transcript',
  timeout: 'stt_timeout',
  upstream: 'stt_upstream_error',
  configuration: 'stt_configuration_error',
  input: 'stt_invalid_input',
}

export const SUMMARY: Vocabulary = {
  party: 'the summary server',
  nothing: 'no completion',
  timeout: 'enrichment_timeout',
  upstream: 'enrichment_upstream_error',
  configuration: 'enrichment_configuration_error',
  input: 'enrichment_invalid_input',
}

/**
 * What a rejection of the client means for the caller. Texts are ours alone and the client's error is
 * not kept as a cause: it holds headers and the server's words, which quote keys and requests.
 */
export function translateError(words: Vocabulary, error: unknown, nowMs: number): Error {
  if (error instanceof RetryableError || error instanceof TerminalError) return error
  if (error instanceof APIError && error.status !== undefined) {
    return refusalError(words, error.status, error, nowMs)
  }
  if (error instanceof SyntaxError) return unreadableError(words)
  return connectionError(words, error)
}

export function unreadableError({ party, nothing, upstream }: Vocabulary): RetryableError {
  return new RetryableError(`${party} answered 200 with ${nothing}`, { reasonCode: upstream })
}

export function timeoutError({ party, timeout }: Vocabulary, timeoutMs: number): RetryableError {
  const what = `${party} did not answer within ${timeoutMs} ms`
  return new RetryableError(what, { reasonCode: timeout })
}

interface Refusal {
  readonly code?: string | null | undefined
  readonly headers?: Headers | undefined
}

/** 402 is a spent balance; 404 and a 400 that names the model are settings of ours. */
function refusalError(
  words: Vocabulary,
  status: number,
  { code, headers }: Refusal,
  nowMs: number,
): Error {
  const what = `${words.party} answered ${status}`
  if (status === 429 || status === 503) {
    return new BusyError(what, {
      retryAfterMs: retryAfterMs(headers?.get('retry-after'), nowMs),
    })
  }
  const isModel = status === 400 && (code === 'model_not_found' || code === 'invalid_model')
  if ([401, 402, 403, 404].includes(status) || isModel) {
    return new TerminalError(what, { reasonCode: words.configuration })
  }
  if ([400, 413, 415, 422].includes(status)) {
    return new TerminalError(what, { reasonCode: words.input })
  }
  return new RetryableError(what, { reasonCode: words.upstream })
}

const systemErrorSchema = z.object({ cause: z.object({ code: z.string().max(40) }) })

function connectionError(words: Vocabulary, error: unknown): RetryableError {
  const parsed = systemErrorSchema.safeParse(error)
  const code = parsed.success ? parsed.data.cause.code : 'no code'
  const reasonCode = code.includes('TIME') ? words.timeout : words.upstream
  return new RetryableError(`the connection to ${words.party} failed (${code})`, { reasonCode })
}
