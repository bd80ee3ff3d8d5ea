import * as z from 'zod'
import type { Transcription } from '../../ports/index.ts'
import { unreadableError } from './deepgram-errors.ts'

const seconds = z.number().nonnegative()
const wordSchema = z.object({
  word: z.string(),
  punctuated_word: z.string().optional(),
  start: seconds,
  end: seconds,
  speaker: z.int().optional(),
})

const listenAnswerSchema = z.object({
  results: z.object({
    channels: z.tuple(
      [
        z.object({
          alternatives: z.tuple(
            [z.object({ transcript: z.string(), words: z.array(wordSchema) })],
            z.unknown(),
          ),
          detected_language: z.string().optional(),
        }),
      ],
      z.unknown(),
    ),
  }),
})

/**
 * Our audio is mono: one channel, and its best alternative, are what was said. Silence is an
 * alternative with empty text; an answer without one is no answer.
 * @throws RetryableError on anything else
 */
export function readListenAnswer(body: string): Transcription {
  const parsed = listenAnswerSchema.safeParse(parseJson(body))
  if (!parsed.success) throw unreadableError(body)
  const [channel] = parsed.data.results.channels
  const [best] = channel.alternatives
  return {
    text: best.transcript.trim(),
    words: best.words.map((word) => ({
      text: word.punctuated_word ?? word.word,
      startMs: Math.round(word.start * 1_000),
      endMs: Math.round(word.end * 1_000),
      ...(word.speaker !== undefined && { speaker: String(word.speaker) }),
    })),
    ...(channel.detected_language !== undefined && { language: channel.detected_language }),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
