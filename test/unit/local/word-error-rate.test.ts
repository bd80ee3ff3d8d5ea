import { describe, expect, it } from 'vitest'
import { wordErrorRate } from '../../../src/local/word-error-rate.ts'

describe('wordErrorRate', () => {
  it('finds no error in the same words', () => {
    expect(wordErrorRate('ask not', 'ask not')).toEqual({ errors: 0, words: 2, rate: 0 })
  })

  it('does not count case and punctuation', () => {
    expect(wordErrorRate('Ask not — “what”, Sir?', 'ask not what sir').errors).toBe(0)
  })

  it('parts a hyphenated word and keeps an apostrophe, straight or curled', () => {
    expect(wordErrorRate('don’t be ill-disposed', "don't be ill disposed").errors).toBe(0)
  })

  it('leaves numbers as they are written', () => {
    expect(wordErrorRate('seven of clubs', '7 of clubs').errors).toBe(1)
  })

  it('takes a letter and its accent for one', () => {
    expect(wordErrorRate('caf\u00e9', 'cafe\u0301').errors).toBe(0)
  })

  it.each([
    ['a change', 'ask not what', 'ask now what', 1],
    ['a word too many', 'ask not', 'ask not not', 1],
    ['a word left out', 'ask not what', 'ask what', 1],
    ['nothing heard', 'ask not what', '', 3],
    ['a shift by one', 'a b c d', 'x a b c', 2],
  ])('counts %s', (_, said, heard, errors) => {
    expect(wordErrorRate(said, heard)).toMatchObject({ errors })
  })

  it('is a share of the words said, above 1 when more was invented', () => {
    expect(wordErrorRate('ask not what you', 'ask not').rate).toBe(0.5)
    expect(wordErrorRate('ask', 'we all shall see').rate).toBe(4)
  })

  it('is 0 for silence heard as silence, and counts what is invented on it', () => {
    expect(wordErrorRate('', '')).toEqual({ errors: 0, words: 0, rate: 0 })
    expect(wordErrorRate('', 'dog')).toEqual({ errors: 1, words: 0, rate: 1 })
  })
})
