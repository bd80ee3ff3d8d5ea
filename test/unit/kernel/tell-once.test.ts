import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fileIdSchema,
  SECOND_MS,
  seedOf,
  segmentIdSchema,
  type Transcript,
  tellOnce,
  type Word,
} from '../../../src/kernel/index.ts'

const START = Date.UTC(2026, 0, 1, 12)
const at = (seconds: number) => START + seconds * SECOND_MS
const said = (transcripts: readonly Transcript[]) => transcripts.map(({ text }) => text).join(' ')

let made = 0
/** Audio from one second to another, in which the words were heard. */
function heard(
  from: number,
  to: number,
  words: readonly Word[],
  shape: Partial<Transcript> & { device?: string } = {},
): Transcript {
  made += 1
  const segmentId = segmentIdSchema.parse(made.toString(16).padStart(40, '0'))
  const { device = 'pendant', ...rest } = shape
  return {
    schemaVersion: 1,
    segmentId,
    fileId: fileIdSchema.parse('a'.repeat(40)),
    verdict: 'text',
    text: words.map(({ text }) => text).join(' '),
    words: [...words],
    provider: 'test',
    startMs: at(from),
    endMs: at(to),
    speechMs: (to - from) * SECOND_MS,
    place: {
      partition: { source: 'omi', device, locked: false },
      seed: seedOf(segmentId, at(from)),
    },
    acceptedAt: 1,
    landedAt: made,
    ...rest,
  }
}

/** One word a second: `w0`, `w1`, … each in the middle of its second. */
const speech = (from: number, to: number, prefix = 'w'): Word[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => ({
    text: `${prefix}${from + i}`,
    startMs: at(from + i) + 200,
    endMs: at(from + i) + 800,
  }))
const take = (from: number, to: number) => heard(from, to, speech(from, to))
const words = (from: number, to: number, prefix = 'w') =>
  speech(from, to, prefix)
    .map(({ text }) => text)
    .join(' ')

describe('tellOnce', () => {
  it('leaves alone what does not overlap', () => {
    const all = [take(0, 10), take(10, 20), take(30, 40)]
    expect(tellOnce(all)).toEqual(all)
  })

  it('tells an overlap of a half once, the later segment from where the earlier one ends', () => {
    const [first, second] = [take(0, 60), take(30, 90)]
    const told = tellOnce([second, first])
    expect(told.map(({ text }) => text)).toEqual([words(0, 60), words(60, 90)])
    expect(told[1]?.words).toEqual(speech(60, 90))
    expect(told[1]).toMatchObject({ startMs: second.startMs, endMs: second.endMs })
  })

  it('leaves out what another segment holds whole, also when both start together', () => {
    const whole = take(0, 60)
    expect(tellOnce([take(10, 40), whole, take(0, 30)])).toEqual([whole])
  })

  it('is not led astray by words heard otherwise, nor by punctuation', () => {
    const second = speech(30, 90).map((word, i) => ({
      ...word,
      text: i % 3 === 0 && i < 30 ? `misheard${i}` : `${word.text.toUpperCase()},`,
    }))
    expect(said(tellOnce([take(0, 60), heard(30, 90, second)]))).toBe(
      `${words(0, 60)} ${words(60, 90)
        .toUpperCase()
        .split(' ')
        .map((word) => `${word},`)
        .join(' ')}`,
    )
  })

  it('finds the seam though the clocks of two files differ by a second', () => {
    const late = speech(31, 91).map((word, i) => ({ ...word, text: `w${30 + i}` }))
    expect(said(tellOnce([take(0, 60), heard(31, 91, late)]))).toBe(words(0, 90))
  })

  it('tells both where a recorder has two different recordings at one time', () => {
    const other = heard(30, 90, speech(30, 90, 'x'))
    expect(said(tellOnce([take(0, 60), other]))).toBe(`${words(0, 60)} ${words(30, 90, 'x')}`)
  })

  it('tells what the earlier segment did not hear', () => {
    const deaf = heard(0, 60, speech(0, 20))
    expect(said(tellOnce([deaf, take(30, 90)]))).toBe(`${words(0, 20)} ${words(30, 90)}`)
  })

  it('tells both of two recorders: they may be at two ends of a call', () => {
    const other = heard(0, 60, speech(0, 60), { device: 'phone' })
    expect(tellOnce([take(0, 60), other])).toHaveLength(2)
  })

  it('takes an overlap below three seconds for the same only when all of it agrees', () => {
    expect(said(tellOnce([take(0, 60), take(58, 90)]))).toBe(words(0, 90))
    const drifted = heard(58, 90, [...speech(58, 59, 'x'), ...speech(59, 90)])
    expect(said(tellOnce([take(0, 60), drifted]))).toBe(`${words(0, 60)} x58 ${words(59, 90)}`)
    // One word alone may be chance.
    expect(said(tellOnce([take(0, 60), take(59, 90)]))).toBe(`${words(0, 60)} ${words(59, 90)}`)
  })

  it('goes by likeness alone where a provider times nothing, or only phrases', () => {
    const untimed = { ...take(30, 90), words: [] }
    expect(said(tellOnce([take(0, 60), untimed]))).toBe(words(0, 90))
    const phrase = { text: words(30, 90), startMs: at(30), endMs: at(90) }
    expect(said(tellOnce([take(0, 60), heard(30, 90, [phrase])]))).toBe(words(0, 90))
  })

  it('keeps the spelling of the text, and the speakers of its words', () => {
    const spoken = speech(30, 90).map((word) => ({ ...word, speaker: '1' }))
    const text = speech(30, 90)
      .map((word) => `${word.text}!`)
      .join(' ')
    const [, second] = tellOnce([take(0, 60), heard(30, 90, spoken, { text })])
    expect(second?.text.startsWith('w60! w61!')).toBe(true)
    expect(second?.words[0]).toMatchObject({ text: 'w60', speaker: '1' })
  })

  it('tells a recording once, whatever windows of it were sent, and the same for every order', () => {
    const windows = fc
      .array(
        fc.record({
          from: fc.integer({ min: 0, max: 200 }),
          length: fc.integer({ min: 3, max: 60 }),
        }),
        { minLength: 1, maxLength: 12 },
      )
      .map((drawn) => drawn.map(({ from, length }) => take(from, from + length)))
    const shuffled = windows.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
      ),
    )
    fc.assert(
      fc.property(shuffled, ([all, reordered]) => {
        const told = tellOnce(all)
        expect(tellOnce(reordered)).toEqual(told)
        const texts = told.flatMap((each) => each.words.map(({ text }) => text))
        const recorded = new Set(all.flatMap((each) => each.words.map(({ text }) => text)))
        expect(new Set(texts)).toEqual(recorded)
        // An overlap of one word is told twice.
        expect(texts.length).toBeLessThanOrEqual(recorded.size + all.length)
      }),
    )
  })
})
