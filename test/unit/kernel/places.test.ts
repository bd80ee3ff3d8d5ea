import { describe, expect, test } from 'vitest'
import { createPlaces, inParallel } from '../../../src/kernel/index.ts'

const never = new AbortController().signal

describe('places', () => {
  test('are given out up to their number, then in order of asking', async () => {
    const places = createPlaces(1)
    const order: string[] = []
    const hold = Promise.withResolvers<void>()
    const note = (name: string) => async () => {
      order.push(name)
    }
    const all = [
      places.run(never, async () => {
        await hold.promise
        order.push('first')
      }),
      places.run(never, note('second')),
      places.run(never, note('third')),
    ]
    hold.resolve()
    await Promise.all(all)
    expect(order).toEqual(['first', 'second', 'third'])
  })

  test('are given back by work that fails', async () => {
    const places = createPlaces(1)
    await expect(places.run(never, () => Promise.reject(new Error('failed')))).rejects.toThrow(
      'failed',
    )
    expect(await places.run(never, async () => 'done')).toBe('done')
  })

  test('whoever gives up waiting begins nothing and takes no place', async () => {
    const places = createPlaces(1)
    const hold = Promise.withResolvers<void>()
    const first = places.run(never, () => hold.promise)
    const impatient = new AbortController()
    let begun = false
    const gone = places.run(impatient.signal, async () => {
      begun = true
    })
    const patient = places.run(never, async () => 'patient')
    impatient.abort(new Error('gone'))
    await expect(gone).rejects.toThrow('gone')
    hold.resolve()
    await first
    expect(await patient).toBe('patient')
    expect(begun).toBe(false)
    await expect(places.run(impatient.signal, async () => 'late')).rejects.toThrow('gone')
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
