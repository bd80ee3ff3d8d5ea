import * as z from 'zod'
import { SCHEMA_VERSION } from './objects.ts'

/** The provider names the language it hears. */
export const DETECTED = 'auto'

/** What a user said about their speech; changed by compare-and-swap only. */
export const preferencesSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** BCP-47 or `auto`; absent leaves it to the service. */
  language: z.string().optional(),
  /** Words and names the user is likely to say, the most important first. */
  vocabulary: z.array(z.string()),
})
export type Preferences = z.infer<typeof preferencesSchema>

export const NO_PREFERENCES: Preferences = { schemaVersion: SCHEMA_VERSION, vocabulary: [] }
