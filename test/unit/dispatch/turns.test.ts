import { describe, expect, test } from 'vitest'
import { createTurns } from '../../../src/dispatch/index.ts'

const never = new AbortController().signal
const soon = () => new Promise((resolve) => setImmediate(resolve))

/** Takes turns and writes down who has one. */
function line() {
  const turns = createTurns()
  const at: string[] = []
  const take = (name: string, isAlone: boolean, signal = never) => {
    const turn = turns.take(isAlone, signal)
    if (!turn) at.push(name)
    return turn?.then(() => void at.push(name))
  }
  const leave = (name: string, isAlone: boolean) => {
    at.splice(at.indexOf(name), 1)
    turns.giveBack(isAlone)
  }
  return { at, take, leave }
}

describe('turns in one process', () => {
  test('many work together at once', () => {
    const { at, take } = line()
    for (const name of ['a', 'b', 'c']) expect(take(name, false)).toBeUndefined()
    expect(at).toEqual(['a', 'b', 'c'])
  })

  test('a suspect begins when nobody is at work, and nobody begins beside it', async () => {
    const { at, take, leave } = line()
    void take('a', false)
    void take('suspect', true)
    void take('b', false)
    await soon()
    expect(at).toEqual(['a'])
    leave('a', false)
    await soon()
    expect(at).toEqual(['suspect'])
    leave('suspect', true)
    await soon()
    expect(at).toEqual(['b'])
  })

  test('two suspects are never at work together, and others go between them', async () => {
    const { at, take, leave } = line()
    void take('first', true)
    void take('second', true)
    void take('a', false)
    leave('first', true)
    await soon()
    expect(at).toEqual(['a'])
    leave('a', false)
    await soon()
    expect(at).toEqual(['second'])
  })

  test('a suspect that gives up waiting holds nobody back', async () => {
    const { at, take } = line()
    const stop = new AbortController()
    void take('a', false)
    const gone = take('suspect', true, stop.signal)
    void take('b', false)
    stop.abort(new Error('shutdown'))
    await expect(gone).rejects.toThrow('shutdown')
    await soon()
    expect(at).toEqual(['a', 'b'])
  })
})
