import { expect, it } from 'vitest'
import { remembered } from '../../../src/kernel/remembered.ts'

it('keeps the answers to the latest keys, and makes those of older ones again', () => {
  const made: string[] = []
  const shout = remembered(2, (word: string) => {
    made.push(word)
    return word.toUpperCase()
  })
  expect(['a', 'b', 'a', 'c', 'b', 'a'].map(shout)).toEqual(['A', 'B', 'A', 'C', 'B', 'A'])
  expect(made).toEqual(['a', 'b', 'c', 'a'])
})
