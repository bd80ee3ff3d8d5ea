import { DETECTED, type Preferences } from '../kernel/index.ts'

/** What holds for the user's next transcription. */
export interface PublicPreferences {
  /** BCP-47, or `auto`. */
  readonly language: string
  readonly vocabulary: readonly string[]
}

/** @param serviceLanguage what holds for users who chose none; undefined when it is detected */
export function projectPreferences(
  { language, vocabulary }: Preferences,
  serviceLanguage: string | undefined,
): PublicPreferences {
  return { language: language ?? serviceLanguage ?? DETECTED, vocabulary }
}
