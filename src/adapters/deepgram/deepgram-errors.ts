import * as z from 'zod'
import { BusyError, RetryableError, retryAfterMs, TerminalError } from '../../kernel/index.ts'

export interface HttpAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: string
}

/**
 * What each status means for the caller. Texts are ours alone: Deepgram's may quote what we sent.
 * 402 is a spent balance; 404 and a 400 that names the model or language are settings of ours.
 */
export function refusalError(answer: HttpAnswer, nowMs: number): Error {
  const { status } = answer
  const what = `Deepgram answered ${status}`
  if (status === 429 || status === 503) {
    return new BusyError(what, { retryAfterMs: retryAfterMs(answer.retryAfter, nowMs) })
  }
  if ([401, 402, 403, 404].includes(status) || (status === 400 && namesTheModel(answer.body))) {
    return new TerminalError(what, { reasonCode: 'stt_configuration_error' })
  }
  if ([400, 413, 415, 422].includes(status))
    return new TerminalError(what, { reasonCode: 'stt_invalid_input' })
  return new RetryableError(what, { reasonCode: 'stt_upstream_error' })
}

export function unreadableError(body: string): RetryableError {
  const what = `Deepgram answered 200 with ${body.length} characters that are no transcript`
  return new RetryableError(what, { reasonCode: 'stt_upstream_error' })
}

export function timeoutError(timeoutMs: number): RetryableError {
  const what = `Deepgram did not answer within ${timeoutMs} ms`
  return new RetryableError(what, { reasonCode: 'stt_timeout' })
}

/** Only the system's code is told: fetch's own texts and causes may carry the URL with its query. */
export function connectionError(error: unknown): RetryableError {
  const parsed = systemErrorSchema.safeParse(error)
  const code = parsed.success ? parsed.data.cause.code : 'no code'
  const reasonCode = code.includes('TIME') ? 'stt_timeout' : 'stt_upstream_error'
  return new RetryableError(`the connection to Deepgram failed (${code})`, { reasonCode })
}

const systemErrorSchema = z.object({ cause: z.object({ code: z.string().max(40) }) })

/** `No such model/language/tier combination found` comes as 400, as broken audio does. */
function namesTheModel(body: string): boolean {
  return /no such model/i.test(body)
}
