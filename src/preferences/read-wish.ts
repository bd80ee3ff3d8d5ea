import * as z from 'zod'
import { DETECTED, LANGUAGE, NO_PREFERENCES, type Preferences } from '../kernel/index.ts'

const MAX_LANGUAGE_CHARACTERS = 35
const MAX_WORDS = 100
const MAX_WORD_CHARACTERS = 60

/** Which field was wrong, and what it takes, for a person. */
export interface PreferenceProblem {
  readonly code: 'invalid_preferences' | 'invalid_language' | 'invalid_vocabulary'
  readonly detail: string
}

const bodySchema = z.strictObject({
  language: z.unknown().optional(),
  vocabulary: z.unknown().optional(),
})
const languageSchema = z.string().max(MAX_LANGUAGE_CHARACTERS).regex(LANGUAGE)
const wordSchema = z
  .string()
  // A line break or a control character would end up in a provider's prompt.
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u)
  .transform((word) => word.normalize('NFC').replace(/\s+/g, ' ').trim())
  .pipe(z.string().min(1).max(MAX_WORD_CHARACTERS))

/**
 * The whole preferences a user asks for: a field that is left out, or null, goes back to the
 * service's own. Words are trimmed, and one that differs only in case is the same word.
 */
export function readWish(body: unknown): Preferences | PreferenceProblem {
  const wish = bodySchema.safeParse(body)
  if (!wish.success) {
    return {
      code: 'invalid_preferences',
      detail: 'the body is a JSON object with language, vocabulary, or both',
    }
  }
  const language = readLanguage(wish.data.language ?? undefined)
  if (language === 'unreadable') {
    return {
      code: 'invalid_language',
      detail: `language is "${DETECTED}" or a tag such as "en-GB"`,
    }
  }
  const words = z.array(wordSchema).safeParse(wish.data.vocabulary ?? [])
  const vocabulary = words.success ? distinct(words.data) : undefined
  if (!vocabulary || vocabulary.length > MAX_WORDS) {
    return {
      code: 'invalid_vocabulary',
      detail: `vocabulary is a list of up to ${MAX_WORDS} words of 1 to ${MAX_WORD_CHARACTERS} characters`,
    }
  }
  return { ...NO_PREFERENCES, vocabulary, ...(language === undefined ? {} : { language }) }
}

function readLanguage(raw: unknown): string | undefined {
  if (raw === undefined || raw === DETECTED) return raw
  const tag = languageSchema.safeParse(raw)
  return tag.success ? canonical(tag.data) : 'unreadable'
}

/** `en-GB` of `EN-gb`. */
function canonical(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? 'unreadable'
  } catch (error) {
    if (error instanceof RangeError) return 'unreadable'
    throw error
  }
}

function distinct(words: readonly string[]): string[] {
  const seen = new Map<string, string>()
  for (const word of words) {
    const folded = word.toLowerCase()
    if (!seen.has(folded)) seen.set(folded, word)
  }
  return [...seen.values()]
}
