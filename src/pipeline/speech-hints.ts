import { DETECTED, TerminalError, type UidHash } from '../kernel/index.ts'
import type { TranscriptionRequest } from '../ports/index.ts'
import type { PreferenceStore } from '../preferences/index.ts'

export type SpeechHints = Pick<TranscriptionRequest, 'language' | 'vocabulary'>

/** What the provider is told of the speech in one attempt. */
export interface AttemptHints {
  /**
   * Calls with the user's hints, read once an attempt. A provider that refuses such a call is asked
   * again without them, and from then on: it may not know the language, and no hint is worth the audio.
   */
  with<T>(call: (hints: SpeechHints) => Promise<T>): Promise<T>
}

export function createHints(
  deps: {
    readonly preferences: Pick<PreferenceStore, 'read'>
    /** The service's own, for users who chose none; detected when absent. */
    readonly language?: string
  },
  uidHash: UidHash,
): AttemptHints {
  const plain: SpeechHints = deps.language ? { language: deps.language } : {}
  let reading: Promise<SpeechHints> | undefined
  let areRefused = false
  const read = async (): Promise<SpeechHints> => {
    const { language, vocabulary } = await deps.preferences.read(uidHash)
    const own = { ...plain, ...(language && language !== DETECTED ? { language } : {}) }
    return {
      ...(language === DETECTED ? {} : own),
      ...(vocabulary.length > 0 ? { vocabulary } : {}),
    }
  }
  return {
    with: async (call) => {
      reading ??= read()
      const hints = await reading
      if (areRefused || isSame(hints, plain)) return call(plain)
      try {
        return await call(hints)
      } catch (error) {
        if (!isRefusal(error)) throw error
        const answer = await call(plain)
        areRefused = true
        return answer
      }
    },
  }
}

function isSame(hints: SpeechHints, plain: SpeechHints): boolean {
  return hints.language === plain.language && hints.vocabulary === undefined
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof TerminalError &&
    (error.reasonCode === 'stt_configuration_error' || error.reasonCode === 'stt_invalid_input')
  )
}
