import { expect, test } from 'vitest'
import { objectNames } from '../../../src/kernel/index.ts'
import { createWorld } from '../../support/world.ts'

const wish = (word: string) => ({ schemaVersion: 1 as const, vocabulary: [word] })

test('of two devices that write at once the last one to ask is heard', async () => {
  let meanwhile = async () => undefined as unknown
  const { preferences, uidHash, clock } = createWorld({
    objects: (objects) => ({
      ...objects,
      replace: async (...call) => {
        const other = meanwhile
        meanwhile = async () => undefined
        await other()
        return objects.replace(...call)
      },
    }),
  })
  meanwhile = () => preferences.write(uidHash, wish('other'))
  const writing = preferences.write(uidHash, wish('mine'))
  await clock.advance(1_000)
  await writing
  expect(await preferences.read(uidHash)).toEqual(wish('mine'))
})

test('what cannot be read is told, counts as none, and is written over', async () => {
  const { preferences, uidHash, memory, lines } = createWorld()
  await memory.create(objectNames.preferences(uidHash), Buffer.from('{"half'), {
    contentType: 'application/json',
  })
  expect(await preferences.read(uidHash)).toEqual({ schemaVersion: 1, vocabulary: [] })
  expect(lines.some((line) => line.includes('do not fit their schema'))).toBe(true)
  await preferences.write(uidHash, wish('anew'))
  expect(await preferences.read(uidHash)).toEqual(wish('anew'))
})

test('those of a newer revision are neither guessed nor overwritten (F52)', async () => {
  const { preferences, uidHash, memory } = createWorld()
  const name = objectNames.preferences(uidHash)
  const newer = Buffer.from('{"schemaVersion":2,"voice":"low"}')
  await memory.create(name, newer, { contentType: 'application/json' })
  await expect(preferences.read(uidHash)).rejects.toThrow('newer schema 2')
  await expect(preferences.write(uidHash, wish('mine'))).rejects.toThrow('newer schema 2')
  expect((await memory.read(name))?.bytes).toEqual(new Uint8Array(newer))
})
