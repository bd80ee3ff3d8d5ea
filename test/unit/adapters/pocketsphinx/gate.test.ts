import { describe, expect, it } from 'vitest'
import { createGate } from '../../../../src/adapters/pocketsphinx/gate.ts'

const never = new AbortController().signal

describe('createGate', () => {
  it('lets no more than its limit in, and the rest in their order', async () => {
    const gate = createGate(2)
    const entered: number[] = []
    const works = [0, 1, 2, 3].map((id) => {
      const work = Promise.withResolvers<number>()
      const done = gate.run(never, () => {
        entered.push(id)
        return work.promise
      })
      return { ...work, done }
    })
    await Promise.resolve()
    expect(entered).toEqual([0, 1])
    works[1]?.resolve(1)
    await works[1]?.done
    expect(entered).toEqual([0, 1, 2])
    for (const [id, work] of works.entries()) work.resolve(id)
    expect(await Promise.all(works.map((work) => work.done))).toEqual([0, 1, 2, 3])
  })

  it('gives the place of failed work to the next', async () => {
    const gate = createGate(1)
    const failing = gate.run(never, () => Promise.reject(new Error('broken')))
    const next = gate.run(never, () => Promise.resolve('in'))
    await expect(failing).rejects.toThrow('broken')
    expect(await next).toBe('in')
  })

  it('lets a waiting caller leave without taking a place', async () => {
    const gate = createGate(1)
    const first = Promise.withResolvers<void>()
    const running = gate.run(never, () => first.promise)
    const caller = new AbortController()
    const left = gate.run(caller.signal, () => Promise.resolve('never runs'))
    const patient = gate.run(never, () => Promise.resolve('in'))
    caller.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    first.resolve()
    await running
    expect(await patient).toBe('in')
  })
})
