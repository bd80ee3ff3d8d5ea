import type { Summary } from '../../kernel/index.ts'

type Category = Summary['category']

/** Words that give a subject away, in their singular. */
const SIGNS: readonly (readonly [Category, string])[] = [
  [
    'family',
    'mother father mom dad daughter son kids children grandma grandpa wife husband sister brother',
  ],
  ['work', 'meeting deadline project colleague manager office sprint roadmap agenda boss'],
  ['business', 'customer client market sales revenue startup investor contract pricing'],
  ['education', 'school teacher student lesson homework exam university course lecture'],
  [
    'technology',
    'software computer code server database deploy phone internet robot model algorithm',
  ],
  ['health', 'doctor hospital medicine symptom pain diet sleep exercise therapy'],
  ['finance', 'money bank loan budget invest tax salary mortgage payment'],
  ['legal', 'lawyer court judge lawsuit attorney regulation'],
  ['politics', 'president country nation government election vote citizen senate freedom'],
  ['science', 'experiment physics chemistry biology research theory planet'],
  ['history', 'century empire ancient war king queen'],
  ['literature', 'book novel poem chapter author'],
  ['entertainment', 'movie film show series actor game'],
  ['music', 'song music guitar piano concert band album'],
  ['sports', 'team match football basketball soccer tennis coach league'],
  ['travel', 'flight hotel airport trip vacation train ticket passport'],
  ['food', 'dinner lunch breakfast recipe restaurant cook bread coffee'],
  ['spiritual', 'god prayer church faith soul bible'],
  ['social', 'party friend birthday wedding invite weekend'],
]

/** Two words of a subject make it the subject; one may be chance. */
const ENOUGH = 2

export function categoryOf(words: readonly string[]): Category {
  let best: { readonly category: Category; readonly hits: number } = { category: 'other', hits: 0 }
  for (const [category, signs] of SIGNS) {
    const known = new Set(signs.split(' ').flatMap((sign) => [sign, `${sign}s`, `${sign}es`]))
    const hits = words.filter((word) => known.has(word)).length
    if (hits >= ENOUGH && hits > best.hits) best = { category, hits }
  }
  return best.category
}
