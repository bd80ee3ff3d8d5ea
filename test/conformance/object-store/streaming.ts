import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { ObjectStore } from '../../../src/ports/index.ts'
import { bytes, chunked, crcOf, fresh, TEXT, textOf, WHY } from './calls.ts'

export function streaming(store: () => ObjectStore): void {
  describe('createFromStream', () => {
    it('makes one object of all chunks in their order', async () => {
      const name = fresh()
      const chunks = Array.from({ length: 12 }, (_, i) => Buffer.alloc(100_000, i))
      expect(await store().createFromStream(name, chunked(chunks), TEXT)).toBe('created')
      const whole = Buffer.concat(chunks)
      expect(await store().stat(name)).toMatchObject({ sizeBytes: 1_200_000, crc32c: crcOf(whole) })
      expect(await buffer(store().openRead(name))).toEqual(whole)
    })

    it('makes an empty object of no chunks', async () => {
      const name = fresh()
      expect(await store().createFromStream(name, chunked([]), TEXT)).toBe('created')
      expect(await store().stat(name)).toMatchObject({ sizeBytes: 0 })
    })

    it('finds the object that is there already and leaves it alone', async () => {
      const name = fresh()
      await store().create(name, bytes('first'), TEXT)
      const source = chunked([bytes('second')])
      expect(await store().createFromStream(name, source, TEXT)).toBe('exists')
      expect(await textOf(store(), name)).toBe('first')
    })

    it('passes on what its source fails with, and no object comes to exist (F1)', async () => {
      const name = fresh()
      const fault = new TypeError('the client hung up')
      const source = (async function* () {
        yield bytes('half')
        throw fault
      })()
      await expect(store().createFromStream(name, source, TEXT)).rejects.toBe(fault)
      expect(await store().stat(name)).toBeUndefined()
    })

    it('abandons a source that waits when it is aborted, and no object comes to exist (F1)', async () => {
      const name = fresh()
      const caller = new AbortController()
      const source = (async function* () {
        yield bytes('half')
        setTimeout(() => caller.abort(WHY), 20)
        await new Promise(() => undefined)
      })()
      const { signal } = caller
      const creation = store().createFromStream(name, source, { ...TEXT, signal })
      await expect(creation).rejects.toBe(WHY)
      expect(await store().stat(name)).toBeUndefined()
    })
  })
}
