import * as z from 'zod'
import type { TranscribedWord, Transcription } from '../../ports/index.ts'
import { languageTag } from './language-tag.ts'
import { TRANSCRIPTION, unreadableError } from './openai-errors.ts'

const seconds = z.number().nonnegative()
const transcriptionSchema = z.object({
  text: z.string(),
  language: z.string().nullish(),
  words: z.array(z.object({ word: z.string(), start: seconds, end: seconds })).nullish(),
  segments: z.array(z.object({ text: z.string(), start: seconds, end: seconds })).nullish(),
})

/**
 * Words where the server gives them; else its segments, each as one entry; else none: servers differ
 * in what they add to `text`.
 * @throws RetryableError when there is no `text`
 */
export function readTranscription(answer: unknown): Transcription {
  const parsed = transcriptionSchema.safeParse(typeof answer === 'string' ? parse(answer) : answer)
  if (!parsed.success) throw unreadableError(TRANSCRIPTION)
  const { text, words, segments } = parsed.data
  const language = languageTag(parsed.data.language ?? undefined)
  const timed = words?.length
    ? words.map(({ word, ...span }) => timedText(word, span))
    : (segments ?? []).map(({ text: said, ...span }) => timedText(said, span))
  return {
    text: text.trim(),
    words: timed.filter((word) => word.text !== ''),
    ...(language !== undefined && { language }),
  }
}

function timedText(text: string, span: { readonly start: number; readonly end: number }) {
  return {
    text: text.trim(),
    startMs: Math.round(span.start * 1_000),
    endMs: Math.round(span.end * 1_000),
  } satisfies TranscribedWord
}

/** Some servers answer JSON without saying that it is. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
