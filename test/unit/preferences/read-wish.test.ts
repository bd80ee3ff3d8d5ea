import { describe, expect, test } from 'vitest'
import { readWish } from '../../../src/preferences/index.ts'

const words = (count: number) => Array.from({ length: count }, (_, i) => `word ${i}`)

describe('a wish', () => {
  test.each([
    [{}, { vocabulary: [] }],
    [{ language: null, vocabulary: null }, { vocabulary: [] }],
    [{ language: 'auto' }, { language: 'auto', vocabulary: [] }],
    [{ language: 'EN-gb' }, { language: 'en-GB', vocabulary: [] }],
    [{ vocabulary: ['Omi', ' omi ', 'OMI', 'Zanzibar'] }, { vocabulary: ['Omi', 'Zanzibar'] }],
    [
      { vocabulary: ['Saint  Louis', 'Ame\u0301lie'] },
      { vocabulary: ['Saint Louis', 'Am\u00e9lie'] },
    ],
    [{ vocabulary: words(100) }, { vocabulary: words(100) }],
    [{ vocabulary: [...words(100), 'WORD 0'] }, { vocabulary: words(100) }],
    [{ vocabulary: ['x'.repeat(60)] }, { vocabulary: ['x'.repeat(60)] }],
  ])('%j is read as %j', (body, read) => {
    expect(readWish(body)).toEqual({ schemaVersion: 1, ...read })
  })

  test.each([
    ['invalid_preferences', undefined],
    ['invalid_preferences', []],
    ['invalid_preferences', 'en'],
    ['invalid_preferences', { language: 'en', speakers: true }],
    ['invalid_language', { language: '' }],
    ['invalid_language', { language: 'english please' }],
    ['invalid_language', { language: 7 }],
    ['invalid_language', { language: 'en-a' }],
    ['invalid_language', { language: `en-${'x1234567-'.repeat(4)}x` }],
    ['invalid_vocabulary', { vocabulary: 'Omi' }],
    ['invalid_vocabulary', { vocabulary: [''] }],
    ['invalid_vocabulary', { vocabulary: ['  '] }],
    ['invalid_vocabulary', { vocabulary: [7] }],
    ['invalid_vocabulary', { vocabulary: ['two\nlines'] }],
    ['invalid_vocabulary', { vocabulary: ['mir\u202eror'] }],
    ['invalid_vocabulary', { vocabulary: ['x'.repeat(61)] }],
    ['invalid_vocabulary', { vocabulary: words(101) }],
  ])('is refused as %s: %j (I12)', (code, body) => {
    expect(readWish(body)).toMatchObject({ code, detail: expect.stringMatching(/\w+ \w+ \w+/) })
  })
})
