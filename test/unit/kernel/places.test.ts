import { describe, expect, test } from 'vitest'
import { createPlaces, inParallel } from '../../../src/kernel/index.ts'

const never = new AbortController().signal

describe('places', () => {
  test('are given out up to their number, then in order of asking', async () => {
    const places = createPlaces(1)
    const order: string[] = []
    const first = await places.take(never)
    const second = places.take(never).then((give) => {
      order.push('second')
      give()
    })
    const third = places.take(never).then(() => order.push('third'))
    first()
    await Promise.all([second, third])
    expect(order).toEqual(['second', 'third'])
  })

  test('a place given back twice frees one only', async () => {
    const places = createPlaces(1)
    const give = await places.take(never)
    give()
    give()
    await places.take(never)
    const waiting = new AbortController()
    const next = places.take(waiting.signal)
    waiting.abort(new Error('no second place'))
    await expect(next).rejects.toThrow('no second place')
  })

  test('whoever gives up waiting takes no place', async () => {
    const places = createPlaces(1)
    const give = await places.take(never)
    const impatient = new AbortController()
    const gone = places.take(impatient.signal)
    const patient = places.take(never)
    impatient.abort(new Error('gone'))
    await expect(gone).rejects.toThrow('gone')
    give()
    expect(await patient).toBeTypeOf('function')
  })
})

describe('work in parallel', () => {
  test('keeps the order of its items and never exceeds its limit', async () => {
    let running = 0
    let most = 0
    const results = await inParallel([1, 2, 3, 4, 5], 2, async (n) => {
      running += 1
      most = Math.max(most, running)
      await Promise.resolve()
      running -= 1
      return n * 10
    })
    expect(results).toEqual([10, 20, 30, 40, 50])
    expect(most).toBe(2)
  })

  test('a failure waits for the work under way and starts no more', async () => {
    const started: number[] = []
    let slowEnded = false
    const slow = Promise.withResolvers<void>()
    const run = inParallel([0, 1, 2, 3], 2, async (n) => {
      started.push(n)
      if (n === 1) throw new Error('one failed')
      await slow.promise
      slowEnded = true
    })
    slow.resolve()
    await expect(run).rejects.toThrow('one failed')
    expect(slowEnded).toBe(true)
    expect(started).toEqual([0, 1])
  })
})
