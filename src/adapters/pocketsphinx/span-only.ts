import { DECODED_RATE_HZ } from '../../kernel/index.ts'
import type { SpeechToText } from '../../ports/index.ts'

/**
 * Where no recogniser can be had: conversations show when somebody spoke and for how long, and say
 * no more. The text stands in brackets so that nobody takes it for words.
 */
export function createSpanOnly(): SpeechToText {
  return {
    provider: 'speech-spans-only',
    async transcribe({ pcm, signal }) {
      signal.throwIfAborted()
      const seconds = (pcm.length / DECODED_RATE_HZ).toFixed(1)
      return { text: `[speech ${seconds} s]`, words: [] }
    },
  }
}
