import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UnavailableError } from '../../src/kernel/index.ts'
import { ObjectMissingError, type ObjectStore } from '../../src/ports/index.ts'
import {
  bytes,
  CALLS,
  crcOf,
  fresh,
  generationBy,
  TEXT,
  textOf,
  WHY,
} from './object-store/calls.ts'
import { streaming } from './object-store/streaming.ts'

export interface ObjectStoreSubject {
  readonly store: ObjectStore
  close(): Promise<void>
}

/** Every promise of the `ObjectStore` port that needs no fault to be seen. */
export function objectStoreContract(name: string, make: () => Promise<ObjectStoreSubject>): void {
  describe(`an object store (${name})`, () => {
    let subject: ObjectStoreSubject | undefined
    beforeAll(async () => {
      subject = await make()
    })
    afterAll(() => subject?.close())
    const store = (): ObjectStore => {
      if (!subject) throw new Error('the subject is made before the first case')
      return subject.store
    }
    creating(store)
    streaming(store)
    reading(store)
    swapping(store)
    deletingAndListing(store)
    aborting(store)
  })
}

function creating(store: () => ObjectStore): void {
  describe('create', () => {
    it('makes an object once; whoever comes second finds the first one (I4)', async () => {
      const name = fresh()
      expect(await store().create(name, bytes('first'), TEXT)).toBe('created')
      expect(await store().create(name, bytes('second'), TEXT)).toBe('exists')
      expect(await textOf(store(), name)).toBe('first')
    })

    it('lets exactly one of eight writers at once win, and all of them read the winner', async () => {
      const name = fresh()
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, i) => store().create(name, bytes(`writer ${i}`), TEXT)),
      )
      expect(results.filter((result) => result === 'created')).toHaveLength(1)
      expect(results.filter((result) => result === 'exists')).toHaveLength(7)
      expect(await textOf(store(), name)).toBe(`writer ${results.indexOf('created')}`)
    })

    it('takes a body whose checksum was sent along', async () => {
      const name = fresh()
      const crc32c = crcOf(bytes('whole'))
      expect(await store().create(name, bytes('whole'), { ...TEXT, crc32c })).toBe('created')
      expect(await store().stat(name)).toMatchObject({ crc32c })
    })

    it.for([0, 1, 3])('makes one object of a body in %i pieces, in their order', async (count) => {
      const name = fresh()
      const pieces = Array.from({ length: count }, (_, i) => Buffer.alloc(200_000, i + 1))
      const whole = Buffer.concat(pieces)
      const options = { ...TEXT, crc32c: crcOf(whole) }
      expect(await store().create(name, pieces, options)).toBe('created')
      expect(await buffer(store().openRead(name))).toEqual(whole)
    })

    it('refuses a body that does not match the checksum sent along, and keeps nothing of it', async () => {
      const name = fresh()
      const crc32c = crcOf(bytes('whole'))
      const creation = store().create(name, bytes('damaged'), { ...TEXT, crc32c })
      await expect(creation).rejects.toThrow(UnavailableError)
      expect(await store().stat(name)).toBeUndefined()
    })

    it('keeps the bytes as they were when it was called', async () => {
      const name = fresh()
      const given = Buffer.from('before')
      await store().create(name, given, TEXT)
      given.fill(0)
      expect(await textOf(store(), name)).toBe('before')
    })
  })
}

function reading(store: () => ObjectStore): void {
  describe('reading', () => {
    it('says by undefined that there is no such object', async () => {
      expect(await store().read(fresh())).toBeUndefined()
      expect(await store().stat(fresh())).toBeUndefined()
    })

    it('says by its own error that there is nothing to stream', async () => {
      await expect(buffer(store().openRead(fresh()))).rejects.toThrow(ObjectMissingError)
    })

    it('gives bytes and generation, and size and CRC32C without the bytes', async () => {
      const name = fresh('ü 😀?#%2F')
      await store().create(name, bytes('123456789'), TEXT)
      const read = await store().read(name)
      expect(Buffer.from(read?.bytes ?? []).toString()).toBe('123456789')
      expect(await store().stat(name)).toEqual({
        sizeBytes: 9,
        crc32c: '4waSgw==',
        generation: read?.generation,
      })
    })

    it('gives an empty object as one', async () => {
      const name = fresh()
      await store().create(name, bytes(''), TEXT)
      expect((await store().read(name))?.bytes).toHaveLength(0)
      expect(await buffer(store().openRead(name))).toHaveLength(0)
    })

    it('can be left before the end', async () => {
      const name = fresh()
      await store().create(name, Buffer.alloc(1_000_000, 'x'), TEXT)
      for await (const chunk of store().openRead(name)) {
        expect(chunk.length).toBeLessThan(1_000_000)
        break
      }
    })
  })
}

function swapping(store: () => ObjectStore): void {
  describe('replace', () => {
    const swap = (name: string, text: string, ifGeneration: string) =>
      store().replace(name, bytes(text), { ...TEXT, ifGeneration })

    it('writes where nothing is when told to expect nothing', async () => {
      const name = fresh()
      const written = await swap(name, 'one', '0')
      const read = await store().read(name)
      expect(written).toEqual({ kind: 'written', generation: read?.generation })
      expect(await swap(name, 'two', '0')).toEqual({ kind: 'conflict' })
    })

    it('writes over the generation it was shown, and no other', async () => {
      const name = fresh()
      const first = await generationBy(swap(name, 'one', '0'))
      const second = await generationBy(swap(name, 'two', first))
      expect(BigInt(second)).toBeGreaterThan(BigInt(first))
      expect(await swap(name, 'three', first)).toEqual({ kind: 'conflict' })
      expect(await textOf(store(), name)).toBe('two')
    })

    it('takes a deleted object for gone, and one made anew for another', async () => {
      const name = fresh()
      const first = await generationBy(swap(name, 'one', '0'))
      await store().delete(name)
      expect(await swap(name, 'two', first)).toEqual({ kind: 'conflict' })
      await store().create(name, bytes('three'), TEXT)
      expect(await swap(name, 'four', first)).toEqual({ kind: 'conflict' })
    })

    it('lets exactly one of eight writers at once win', async () => {
      const name = fresh()
      const shown = await generationBy(swap(name, 'seen by all', '0'))
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, i) => swap(name, `writer ${i}`, shown)),
      )
      const winners = results.flatMap(({ kind }, i) => (kind === 'written' ? [i] : []))
      expect(winners).toHaveLength(1)
      expect(await textOf(store(), name)).toBe(`writer ${winners[0]}`)
    })
  })
}

function deletingAndListing(store: () => ObjectStore): void {
  describe('delete and list', () => {
    it('deletes what is there and what is not', async () => {
      const name = fresh()
      await store().create(name, bytes('x'), TEXT)
      await store().delete(name)
      await store().delete(name)
      expect(await store().read(name)).toBeUndefined()
    })

    it('lists by the bytes of the names, under a prefix, after a name, up to a limit', async () => {
      const folder = fresh('')
      const kept = ['a', 'b/1', 'b/2', 'c', '\u{ffff}', '\u{1f600}'].map((n) => `${folder}${n}`)
      for (const name of [...kept].reverse()) await store().create(name, bytes('x'), TEXT)
      const names = async (prefix: string, limit: number, startAfter?: string) => {
        const page = { limit, ...(startAfter === undefined ? {} : { startAfter }) }
        return (await store().list(prefix, page)).map(({ name }) => name)
      }
      expect(await names(folder, 100)).toEqual(kept)
      expect(await names(`${folder}b/`, 100)).toEqual(kept.slice(1, 3))
      expect(await names(folder, 2)).toEqual(kept.slice(0, 2))
      expect(await names(folder, 2, kept[1])).toEqual(kept.slice(2, 4))
      expect(await names(folder, 100, `${folder}b/10`)).toEqual(kept.slice(2))
      expect(await names(folder, 100, kept.at(-1))).toEqual([])
      expect(await names(`${folder}zz`, 100)).toEqual([])
    })

    it('says since when an object is there', async () => {
      const name = fresh()
      const earliest = Date.now() - 1_000
      await store().create(name, bytes('x'), TEXT)
      const [listed] = await store().list(name, { limit: 1 })
      expect(listed?.createdAt).toBeGreaterThanOrEqual(earliest)
      expect(listed?.createdAt).toBeLessThanOrEqual(Date.now() + 1_000)
    })
  })
}

function aborting(store: () => ObjectStore): void {
  it.for(Object.entries(CALLS))('%s has no effect when its signal is aborted', async ([, call]) => {
    const name = fresh()
    await expect(call(store(), name, AbortSignal.abort(WHY))).rejects.toBe(WHY)
    expect(await store().stat(name)).toBeUndefined()
  })
}
