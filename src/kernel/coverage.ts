import type { ConversationOutline, TimelineMember } from './conversation.ts'

/** Half-open, epoch ms. */
export interface AudioSpan {
  readonly startMs: number
  readonly endMs: number
}

/** The audio that a conversation was made of: what overlaps or touches is one span; by start. */
export function audioCoverage(members: Iterable<TimelineMember>): {
  readonly spans: readonly AudioSpan[]
  readonly coveredMs: number
} {
  const spans: { startMs: number; endMs: number }[] = []
  for (const { startMs, endMs } of [...members].sort((a, b) => a.startMs - b.startMs)) {
    const last = spans.at(-1)
    if (last === undefined || startMs > last.endMs) spans.push({ startMs, endMs })
    else last.endMs = Math.max(last.endMs, endMs)
  }
  const coveredMs = spans.reduce((sum, span) => sum + span.endMs - span.startMs, 0)
  return { spans, coveredMs }
}

/** What is neither longer nor wordier than this is no conversation to speak of. */
export interface FillerLimits {
  readonly fillerMaxWords: number
  readonly fillerMaxMs: number
}

/** A greeting, a cough, a wrong button. */
export function isFiller(
  { startMs, endMs }: Pick<ConversationOutline, 'startMs' | 'endMs'>,
  texts: readonly { readonly text: string }[],
  { fillerMaxWords, fillerMaxMs }: FillerLimits,
): boolean {
  if (endMs - startMs > fillerMaxMs) return false
  const words = texts.flatMap(({ text }) => text.split(/\s+/)).filter((word) => word !== '')
  return words.length <= fillerMaxWords
}
