import * as z from 'zod'
import { standardClaimsSchema } from './id-token.ts'

/** Google's two spellings of itself. */
export const GOOGLE_ISSUERS = ['https://accounts.google.com', 'accounts.google.com']

/** Any Google account can have a token minted for any audience: the address has to be judged too. */
export const accountClaimsSchema = standardClaimsSchema.extend({
  email: z.unknown().optional(),
  email_verified: z.unknown().optional(),
})
