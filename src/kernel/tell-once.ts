import type { Transcript, Word } from './objects.ts'
import { SECOND_MS } from './time.ts'

/** A shorter overlap may be two clocks that differ: then every word of it must agree, or words are lost. */
const SURE_OVERLAP_MS = 3 * SECOND_MS
/** A word may be timed differently by so much in two transcripts of the same audio. */
const SEAM_MS = 2 * SECOND_MS
/**
 * Of the words that two transcripts have in a stretch, the share that must agree for it to be the same
 * audio. Lower takes other speech for a repetition and hides it; higher tells a misheard stretch twice.
 */
const SAME_SHARE = 0.5

/**
 * A conversation's segments with every stretch told once. Files of one recorder that overlap have the
 * same audio in two segments; the earlier one tells it, the later one goes on after it. Only what reads
 * alike is left out: a recorder whose clock was wrong has two different recordings at one time, and both
 * are told. Segments with nothing left to tell are left out. Pure, and the same for every order.
 */
export function tellOnce(transcripts: readonly Transcript[]): Transcript[] {
  const toldBy = new Map<string, Told>()
  return transcripts.toSorted(byTelling).flatMap((transcript) => {
    const { source, device } = transcript.place.partition
    const recorder = JSON.stringify([source, device])
    const told = toldBy.get(recorder) ?? { untilMs: Number.NEGATIVE_INFINITY, words: [] }
    toldBy.set(recorder, told)
    const words = singleWords(transcript)
    const skip = repeated(told, transcript, words)
    told.untilMs = Math.max(told.untilMs, transcript.endMs)
    told.words.push(...words.slice(skip))
    const rest = without(transcript, words, skip)
    return rest.text === '' ? [] : [rest]
  })
}

/** What one recorder has told so far. */
interface Told {
  untilMs: number
  readonly words: Word[]
}

/** The longest of those that start together first: the others lie within it. */
function byTelling(a: Transcript, b: Transcript): number {
  return a.startMs - b.startMs || b.endMs - a.endMs || (a.segmentId < b.segmentId ? -1 : 1)
}

/** How many of a segment's first words were told already. */
function repeated(told: Told, transcript: Transcript, words: readonly Word[]): number {
  const { startMs, endMs } = transcript
  const untilMs = Math.min(told.untilMs, endMs)
  if (untilMs <= startMs) return 0
  const isSure = untilMs - startMs >= SURE_OVERLAP_MS
  const seamMs = isSure ? SEAM_MS : 0
  const isIn = (word: Word) => middleOf(word) >= startMs && middleOf(word) < untilMs
  const near = told.words.filter(
    (word) => word.endMs > startMs - seamMs && word.startMs < untilMs + seamMs,
  )
  const head = words.slice(0, words.findLastIndex((w) => w.startMs < untilMs + seamMs) + 1)
  const fewest = Math.min(near.filter(isIn).length, head.filter(isIn).length)
  const { length, last } = inCommon(near, head)
  const enough = isSure ? Math.max(fewest * SAME_SHARE, Math.min(2, fewest)) : Math.max(2, fewest)
  if (fewest === 0 || length < enough) return 0
  // Without times of its own a word may lie before or behind the seam: only likeness tells.
  const isTimed = transcript.words.length > 0
  const heardWhole = isTimed ? head.findLastIndex((word) => word.endMs <= untilMs) + 1 : 0
  return Math.max(last + 1, heardWhole)
}

/** The longest common subsequence: its length, and where in `right` it first ends. */
function inCommon(
  left: readonly Word[],
  right: readonly Word[],
): { readonly length: number; readonly last: number } {
  const keys = right.map(keyOf)
  let row = new Uint32Array(right.length + 1)
  for (const key of left.map(keyOf)) {
    const next = new Uint32Array(right.length + 1)
    for (const [at, other] of keys.entries()) {
      const isSame = other === key && key !== ''
      next[at + 1] = isSame ? (row[at] ?? 0) + 1 : Math.max(next[at] ?? 0, row[at + 1] ?? 0)
    }
    row = next
  }
  const length = row.at(-1) ?? 0
  return { length, last: row.indexOf(length) - 1 }
}

/** No case, no punctuation. */
function keyOf({ text }: Word): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

function middleOf({ startMs, endMs }: Word): number {
  return (startMs + endMs) / 2
}

/** Some providers time phrases, and some nothing: such are taken to be spoken evenly. */
function singleWords({ text, words, startMs, endMs }: Transcript): Word[] {
  const timed: readonly Word[] = words.length > 0 ? words : [{ text, startMs, endMs }]
  return timed.flatMap((phrase) => {
    const parts = partsOf(phrase.text)
    const each = (phrase.endMs - phrase.startMs) / parts.length
    return parts.map((part, index) => ({
      ...phrase,
      text: part,
      startMs: phrase.startMs + each * index,
      endMs: phrase.startMs + each * (index + 1),
    }))
  })
}

/** In the provider's own spelling where its text has a part for each word. */
function without(transcript: Transcript, words: readonly Word[], skip: number): Transcript {
  if (skip === 0) return transcript
  const parts = partsOf(transcript.text)
  const left = words.slice(skip)
  const spoken = parts.length === words.length ? parts.slice(skip) : left.map((word) => word.text)
  const isTimed = transcript.words.length > 0
  return { ...transcript, text: spoken.join(' '), words: isTimed ? left : [] }
}

function partsOf(text: string): string[] {
  return text.split(/\s+/).filter((part) => part !== '')
}
