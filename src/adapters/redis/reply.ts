import * as z from 'zod'
import { MalformedRecordError } from '../../kernel/index.ts'

const replySchema = z.tuple([z.string()], z.union([z.string(), z.number()]))

/** A script's answer: a word, then what the word needs. */
export function replyParts(reply: unknown): readonly [string, ...(string | number)[]] {
  const parsed = replySchema.safeParse(reply)
  if (!parsed.success) {
    throw new MalformedRecordError('a script answered in an unknown shape', { cause: parsed.error })
  }
  return parsed.data
}

export function unknownAnswer(script: string, kind: string): MalformedRecordError {
  return new MalformedRecordError(`${script} answered ${kind}`)
}
