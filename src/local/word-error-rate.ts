export interface WordErrorRate {
  /** Words put in, left out or changed. */
  readonly errors: number
  /** Words that were said. */
  readonly words: number
  /** errors / words; above 1 when much was invented, 0 for silence heard as silence. */
  readonly rate: number
}

/**
 * How far a transcript is from what was said: the least number of word edits, case and punctuation
 * apart. Numbers stay as written: `7` for `seven` is an error.
 */
export function wordErrorRate(said: string, heard: string): WordErrorRate {
  const reference = wordsOf(said)
  const errors = editDistance(reference, wordsOf(heard))
  const words = reference.length
  return { errors, words, rate: errors === 0 ? 0 : errors / Math.max(words, 1) }
}

/** Lower-case words; apostrophes within a word belong to it. */
function wordsOf(text: string): string[] {
  const letters = text.normalize('NFKC').toLowerCase().replaceAll('’', "'")
  return letters.match(/[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}\p{N}]+)*/gu) ?? []
}

function editDistance(from: readonly string[], to: readonly string[]): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [row, word] of from.entries()) {
    const current = [row + 1]
    for (const [column, other] of to.entries()) {
      const change = (above[column] ?? 0) + (word === other ? 0 : 1)
      current.push(Math.min(change, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1))
    }
    above = current
  }
  return above[to.length] ?? 0
}
