import { describe, expect, it } from 'vitest'
import { createExtractiveSummarizer } from '../../../src/adapters/extractive/index.ts'
import { summarySchema } from '../../../src/kernel/index.ts'

const summarise = (...texts: readonly string[]) =>
  createExtractiveSummarizer().summarize({
    transcripts: texts.map((text, index) => ({ text, startMs: index * 60_000, language: 'en' })),
    signal: new AbortController().signal,
  })

const MEETING = [
  'Yeah so um. The project deadline moved to Friday. I think so.',
  "We have to tell the client about the deadline. Let's write the roadmap for the project today.",
  'Okay. It rained.',
]

describe('the extractive summarizer', () => {
  it('takes the sentences that carry the conversation, in their order', async () => {
    const summary = await summarise(...MEETING)
    expect(summary).toEqual({
      title: expect.stringMatching(/deadline|project/i),
      overview: expect.stringMatching(/deadline moved to Friday\..*roadmap/),
      category: 'work',
      actionItems: [
        'We have to tell the client about the deadline.',
        "Let's write the roadmap for the project today.",
      ],
    })
    expect(summary.overview).not.toContain('um')
  })

  it('gives the same words the same summary', async () => {
    expect(await summarise(...MEETING)).toEqual(await summarise(...MEETING))
  })

  it('cuts what a recogniser wrote without a full stop', async () => {
    const words = Array.from({ length: 400 }, (_, i) => `garden${i % 40}`).join(' ')
    const { title, overview } = await summarise(words)
    expect(title.split(' ').length).toBeLessThanOrEqual(8)
    expect(title).toMatch(/…$/)
    expect(overview.length).toBeLessThanOrEqual(500)
  })

  it.each([
    ['nothing', ''],
    ['marks of speech only', '[speech 0-3 s]\n[speech 4-9 s]'],
    ['numbers only', '12 14 1999'],
  ])('of %s says that there are no words', async (_, text) => {
    expect(await summarise(text)).toEqual({
      title: 'Conversation without words',
      overview: '',
      category: 'other',
      actionItems: [],
    })
  })

  it.each([
    ['another script', '今日は公園で友達と会いました。とても楽しかったです。'],
    ['one endless word', 'a'.repeat(5_000)],
    ['marks and spaces', '…\n\n ?! \t— '],
    ['stop words only', 'so yeah I mean you know it is what it is'],
  ])('of %s fits the schema', async (_, text) => {
    const summary = await summarise(text)
    expect(summarySchema.parse(summary)).toEqual(summary)
  })

  it('stops for its caller', async () => {
    const reason = new Error('stop')
    const stopped = createExtractiveSummarizer().summarize({
      transcripts: [],
      signal: AbortSignal.abort(reason),
    })
    await expect(stopped).rejects.toBe(reason)
  })
})
