import { type Summary, summarySchema } from '../../kernel/index.ts'
import type { Summarizer } from '../../ports/index.ts'
import { categoryOf } from './categories.ts'
import { contentWords, sentencesOf } from './sentences.ts'

const TITLE_WORDS = 8
const OVERVIEW_SENTENCES = 3
const OVERVIEW_MAX_LENGTH = 500
const ACTION_ITEMS = 5

/** What somebody means to do, or is asked to. */
const INTENT =
  /\b(i|we|you)('ll| will| have to| need to| must| should| are going to|'re going to)\b|\b(don't forget|remember to|make sure|let's|let us|remind me)\b/i

/**
 * The sentences that carry the words which the conversation uses most, in their order; the best of them
 * gives the title. Deterministic: the same words give the same summary.
 */
export function createExtractiveSummarizer(): Summarizer {
  return {
    provider: 'extractive:1',
    summarize: async ({ transcripts, signal }) => {
      signal.throwIfAborted()
      return summarise(transcripts.map(({ text }) => text).join('\n'))
    },
  }
}

function summarise(text: string): Summary {
  const sentences = sentencesOf(text)
  const weights = weigh(sentences)
  const scored = sentences.map((sentence, index) => {
    const words = contentWords(sentence)
    const sum = words.reduce((total, word) => total + (weights.get(word) ?? 0), 0)
    // Long sentences would win by length alone, short ones by a single word.
    return { sentence, index, score: sum / Math.sqrt(Math.max(4, words.length)) }
  })
  const best = scored.toSorted((a, b) => b.score - a.score || a.index - b.index)
  const chosen = best.slice(0, OVERVIEW_SENTENCES).sort((a, b) => a.index - b.index)
  const actionItems = sentences.filter((sentence) => INTENT.test(sentence)).slice(0, ACTION_ITEMS)
  return summarySchema.parse({
    title: titleOf(best[0]?.sentence),
    overview: overviewOf(chosen.map(({ sentence }) => sentence)),
    category: categoryOf(sentences.flatMap(contentWords)),
    actionItems: actionItems.map(asSentence),
  })
}

/** How often a word is used, words that every sentence has left out. */
function weigh(sentences: readonly string[]): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const word of sentences.flatMap(contentWords)) {
    weights.set(word, (weights.get(word) ?? 0) + 1)
  }
  return weights
}

function titleOf(sentence: string | undefined): string {
  if (sentence === undefined) return 'Conversation without words'
  const words = sentence.split(/\s+/)
  const title = words.slice(0, TITLE_WORDS).join(' ')
  const plain = title.replace(/[\s.,;:!?…-]+$/u, '')
  return capitalise(words.length > TITLE_WORDS ? `${plain}…` : plain)
}

function overviewOf(sentences: readonly string[]): string {
  let overview = ''
  for (const sentence of sentences.map(asSentence)) {
    const longer = overview === '' ? sentence : `${overview} ${sentence}`
    if (longer.length > OVERVIEW_MAX_LENGTH && overview !== '') break
    overview = longer
  }
  return overview
}

function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? capitalise(text) : `${capitalise(text)}.`
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
