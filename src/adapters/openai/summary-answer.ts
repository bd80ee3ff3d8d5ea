import * as z from 'zod'
import { type Summary, summarySchema } from '../../kernel/index.ts'
import { SUMMARY, unreadableError } from './openai-errors.ts'

const completionSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
})

/**
 * The text of the first choice; empty for a refusal.
 * @throws RetryableError when this is no completion at all
 */
export function readCompletion(answer: unknown): string {
  const parsed = completionSchema.safeParse(answer)
  if (!parsed.success) throw unreadableError(SUMMARY)
  return parsed.data.choices[0]?.message.content ?? ''
}

export type ReadSummary =
  | { readonly kind: 'summary'; readonly summary: Summary }
  /** What is wrong with it, without its words. */
  | { readonly kind: 'unfit'; readonly fault: string }

/** Some models put a fence around their JSON, or name the items of the list; the rest is checked. */
export function readSummary(text: string): ReadSummary {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\s*```(?:json)?\s*|\s*```\s*$/g, ''))
  } catch {
    return { kind: 'unfit', fault: 'it is not JSON' }
  }
  const parsed = summarySchema.safeParse(json)
  if (parsed.success) return { kind: 'summary', summary: parsed.data }
  const [issue] = parsed.error.issues
  return { kind: 'unfit', fault: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unfit'}` }
}
