import type { TranscribedWord } from '../../ports/index.ts'

/** The recogniser counts in hundredths of a second. */
const MS_PER_FRAME = 10

/**
 * Reads one `-hypseg` line, `ID S n T n A n L n (start score score word)* end`: the id and the words
 * with their times. Sentence marks, silences and noises are no words; `been(2)` is another way to
 * say `been`. Undefined for a line of another form.
 */
export function parseHypothesis(
  line: string,
): { readonly id: string; readonly words: readonly TranscribedWord[] } | undefined {
  const form = /^(\S+) S -?\d+ T -?\d+ A -?\d+ L -?\d+ (.*\d)\s*$/.exec(line)
  if (form === null) return undefined
  const [, id = '', rest = ''] = form
  const fields = rest.split(' ')
  if (fields.length % 4 !== 1) return undefined
  const words: TranscribedWord[] = []
  for (let at = 0; at + 4 < fields.length; at += 4) {
    const word = fields[at + 3] ?? ''
    const startMs = Number(fields[at]) * MS_PER_FRAME
    const endMs = Number(fields[at + 4]) * MS_PER_FRAME
    if (!Number.isFinite(startMs) || !Number.isFinite(endMs)) return undefined
    if (isSpoken(word)) words.push({ text: word.replace(/\(\d+\)$/, ''), startMs, endMs })
  }
  return { id, words }
}

/** Fillers stand in brackets of one kind or another: `<sil>`, `[NOISE]`, `++breath++`. */
function isSpoken(word: string): boolean {
  return !/^(<.*>|\[.*\]|\+\+.*\+\+)$/.test(word)
}
