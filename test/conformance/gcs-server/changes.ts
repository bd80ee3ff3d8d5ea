import { describe, expect, test } from 'vitest'
import { createOnly, type GcsSubject } from './subject.ts'

/** Metadata changes, deletes and copies. */
export function changeLaws(gcs: GcsSubject): void {
  test('a metadata change merges, removes what is null, and leaves the contents alone', async () => {
    const file = gcs.freshFile()
    await gcs.put(file, 'x', { metadata: { contentType: 'a/b', metadata: { a: '1', b: '2' } } })
    const generation = await gcs.generationOf(file)
    await file.setMetadata({ cacheControl: 'private', metadata: { a: null, c: '3' } })
    const [metadata] = await file.getMetadata()
    expect(metadata).toMatchObject({
      contentType: 'a/b',
      cacheControl: 'private',
      generation: String(generation),
      metageneration: '2',
    })
    expect(metadata.metadata).toEqual({ b: '2', c: '3' })
  })

  describe('a delete', () => {
    test('answers 204 without a body and leaves nothing', async () => {
      const file = gcs.freshFile()
      await gcs.put(file, 'x')
      const answer = await fetch(gcs.objectUrl(file), { method: 'DELETE' })
      expect([answer.status, await answer.text()]).toEqual([204, ''])
      expect((await file.exists())[0]).toBe(false)
      await expect(file.delete()).rejects.toMatchObject({ code: 404 })
    })

    test('of a generation that is no longer live is refused and removes nothing', async () => {
      const file = gcs.freshFile()
      await gcs.put(file, 'one')
      const ifGenerationMatch = await gcs.generationOf(file)
      await gcs.put(file, 'two', { preconditionOpts: { ifGenerationMatch } })
      const stale = file.delete({ ifGenerationMatch })
      await expect(stale).rejects.toMatchObject({ code: 412 })
      expect((await file.download())[0].toString()).toBe('two')
      await file.delete({ ifGenerationMatch: await gcs.generationOf(file) })
      expect((await file.exists())[0]).toBe(false)
    })
  })

  describe('a copy', () => {
    test('has the contents and metadata of its source and a life of its own', async () => {
      const source = gcs.freshFile()
      const target = gcs.freshFile('copy ü')
      await gcs.put(source, 'x', { metadata: { contentType: 'a/b', metadata: { k: 'v' } } })
      await source.copy(target, { preconditionOpts: createOnly })
      await source.delete()
      expect((await target.download())[0].toString()).toBe('x')
      const [metadata] = await target.getMetadata()
      expect(metadata).toMatchObject({ contentType: 'a/b', metadata: { k: 'v' } })
    })

    test('honours the precondition on its target', async () => {
      const [source, target] = [gcs.freshFile(), gcs.freshFile()]
      await gcs.put(source, 'new')
      await gcs.put(target, 'old')
      const refused = source.copy(target, { preconditionOpts: createOnly })
      await expect(refused).rejects.toMatchObject({ code: 412 })
      expect((await target.download())[0].toString()).toBe('old')
    })
  })
}
