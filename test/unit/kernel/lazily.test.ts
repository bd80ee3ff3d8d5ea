import { expect, it, vi } from 'vitest'
import { lazily } from '../../../src/kernel/index.ts'

it('makes one thing for all who ask while it is made, and after', async () => {
  const make = vi.fn(async () => ({}))
  const thing = lazily(make)
  expect(thing.begun()).toBeUndefined()
  const [first, second] = await Promise.all([thing.ready(), thing.ready()])
  expect(second).toBe(first)
  expect(await thing.begun()).toBe(first)
  expect(make).toHaveBeenCalledTimes(1)
})

it('forgets a failure, so that the next one who asks has it tried again', async () => {
  let tries = 0
  const thing = lazily(async () => {
    tries += 1
    if (tries === 1) throw new Error('not yet')
    return tries
  })
  await expect(thing.ready()).rejects.toThrow('not yet')
  expect(thing.begun()).toBeUndefined()
  expect(await thing.ready()).toBe(2)
})
