import { randomUUID } from 'node:crypto'
import type { File } from '@google-cloud/storage'
import { describe, expect, test } from 'vitest'
import type { GcsSubject } from './subject.ts'

/** Sweeps lean on order, completeness and paging. */
export function listingLaws(gcs: GcsSubject): void {
  describe('a listing', () => {
    async function fill(suffixes: string[]): Promise<string> {
      const folder = `${randomUUID()}/`
      await Promise.all(suffixes.map((each) => gcs.put(gcs.bucket.file(folder + each), each)))
      return folder
    }
    const suffixesOf = (folder: string, files: File[]) =>
      files.map((file) => file.name.slice(folder.length))

    test('is in UTF-8 order and holds what was written and not deleted, at once', async () => {
      const suffixes = ['Z', 'a', 'a/b', 'a0', 'b', 'é', '\uffee', '😀']
      const folder = await fill([...suffixes].reverse())
      expect(suffixesOf(folder, (await gcs.bucket.getFiles({ prefix: folder }))[0])).toEqual(
        suffixes,
      )
      await gcs.bucket.file(`${folder}a`).delete()
      const [left] = await gcs.bucket.getFiles({ prefix: folder })
      expect(suffixesOf(folder, left)).toEqual(suffixes.filter((each) => each !== 'a'))
    })

    test('shows every name once over its pages, full to the last', async () => {
      const suffixes = Array.from({ length: 11 }, (_, at) => `n${String(at).padStart(2, '0')}`)
      const folder = await fill(suffixes)
      const pages: string[][] = []
      let query: object | null = { prefix: folder, maxResults: 4, autoPaginate: false }
      while (query !== null) {
        const [files, next]: [File[], object | null, unknown] = await gcs.bucket.getFiles(query)
        pages.push(suffixesOf(folder, files))
        query = next
      }
      expect(pages).toEqual([suffixes.slice(0, 4), suffixes.slice(4, 8), suffixes.slice(8)])
    })

    test('goes on after the last name seen though that name is gone', async () => {
      const folder = await fill(['a', 'b', 'c'])
      const query = { prefix: folder, maxResults: 2, autoPaginate: false }
      const [files, next] = await gcs.bucket.getFiles(query)
      for (const file of files) await file.delete()
      const [rest] = await gcs.bucket.getFiles(next ?? {})
      expect(suffixesOf(folder, rest)).toEqual(['c'])
    })

    test('collapses what lies behind a delimiter, over pages too', async () => {
      const folder = await fill(['a/1', 'a/2', 'b', 'c/1', 'c/d/2', 'd'])
      const query = { prefix: folder, delimiter: '/', maxResults: 2, autoPaginate: false }
      const [first, next, answer] = await gcs.bucket.getFiles(query)
      expect(suffixesOf(folder, first)).toEqual(['b'])
      expect(answer).toMatchObject({ prefixes: [`${folder}a/`] })
      const [second, none, more] = await gcs.bucket.getFiles(next ?? {})
      expect(suffixesOf(folder, second)).toEqual(['d'])
      expect(more).toMatchObject({ prefixes: [`${folder}c/`] })
      expect(none).toBeNull()
    })

    test('starts at startOffset and stops before endOffset', async () => {
      const folder = await fill(['a', 'b', 'c', 'd'])
      const [files] = await gcs.bucket.getFiles({
        prefix: folder,
        startOffset: `${folder}b`,
        endOffset: `${folder}d`,
      })
      expect(suffixesOf(folder, files)).toEqual(['b', 'c'])
    })

    test('of an unused prefix is empty', async () => {
      expect((await gcs.bucket.getFiles({ prefix: `${randomUUID()}/` }))[0]).toEqual([])
    })
  })
}
