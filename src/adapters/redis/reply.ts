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

/** An answer that may end in a list of its own. */
export function splitReply(reply: unknown): {
  readonly parts: ReturnType<typeof replyParts>
  readonly tail: unknown
} {
  const tail = Array.isArray(reply) ? reply.at(-1) : undefined
  if (!Array.isArray(tail)) return { parts: replyParts(reply), tail: undefined }
  return { parts: replyParts(Array.isArray(reply) ? reply.slice(0, -1) : reply), tail }
}

export function unknownAnswer(script: string, kind: string): MalformedRecordError {
  return new MalformedRecordError(`${script} answered ${kind}`)
}
