/** A recogniser that writes no full stops leaves one endless sentence: it is cut into such lengths. */
const MAX_SENTENCE_WORDS = 24

/** What tells nothing about a conversation's subject. */
const STOP_WORDS = new Set(
  `a about after again all also am an and any are as at be because been before being but by can could
  did do does doing don down each even every few for from get go going gonna got had has have having
  he her here hers him his how i if in into is it its just know let like ll lot made make may maybe me
  mean might more most much must my need no not now of off oh ok okay on one only or other our out over
  really re right s said same say see she should so some something still such t take tell than that the
  their them then there these they thing things think this those though through to too two uh um up us
  ve very want was way we well went were what when where which while who why will with would yeah yes
  you your`.split(/\s+/),
)

/** Sentences in their order, without marks that stand for sounds, such as `[speech 0-3 s]`. */
export function sentencesOf(text: string): string[] {
  return text
    .replace(/\[[^\]]*\]/g, ' ')
    .split(/\n+|(?<=[.!?…])\s+/)
    .flatMap(cutLong)
    .filter((sentence) => /\p{L}/u.test(sentence))
}

/** Lower case, without stop words and numbers. */
export function contentWords(sentence: string): string[] {
  const words = sentence.toLowerCase().match(/\p{L}[\p{L}'’-]*/gu) ?? []
  return words.filter((word) => word.length > 2 && !STOP_WORDS.has(word.replace(/['’].*$/, '')))
}

/** Into pieces of about equal length. */
function cutLong(sentence: string): string[] {
  const words = sentence.split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) return []
  const pieces = Math.ceil(words.length / MAX_SENTENCE_WORDS)
  const size = Math.ceil(words.length / pieces)
  return Array.from({ length: pieces }, (_, i) =>
    words.slice(i * size, (i + 1) * size).join(' '),
  ).filter((piece) => piece !== '')
}
