import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { base64Crc32c, type GcsSubject, QUANTUM } from './subject.ts'

/** Downloads: whole, in part, while being overwritten, and of what is not there. */
export function readLaws(gcs: GcsSubject): void {
  describe('a read', () => {
    test('carries both checksums and the generation', async () => {
      const file = gcs.freshFile()
      const contents = randomBytes(1_000)
      await gcs.put(file, contents)
      const answer = await fetch(gcs.objectUrl(file, '?alt=media'))
      const md5 = createHash('md5').update(contents).digest('base64')
      const { headers } = answer
      expect(headers.get('x-goog-hash')).toContain(`crc32c=${base64Crc32c(contents)}`)
      expect(headers.get('x-goog-hash')).toContain(`md5=${md5}`)
      expect(headers.get('x-goog-generation')).toBe(String(await gcs.generationOf(file)))
      expect(headers.get('content-length')).toBe('1000')
      expect(Buffer.from(await answer.arrayBuffer()).equals(contents)).toBe(true)
    })

    test.for([
      ['bytes=2-5', '2345', 'bytes 2-5/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=8-99', '89', 'bytes 8-9/10'],
    ] as const)('of %s answers 206 with that part', async ([range, part, contentRange]) => {
      const file = gcs.freshFile()
      await gcs.put(file, '0123456789')
      const answer = await fetch(gcs.objectUrl(file, '?alt=media'), { headers: { range } })
      expect([answer.status, await answer.text()]).toEqual([206, part])
      expect(answer.headers.get('content-range')).toBe(contentRange)
    })

    test('of a part through the client', async () => {
      const file = gcs.freshFile()
      await gcs.put(file, '0123456789')
      expect((await file.download({ start: 3, end: 4 }))[0].toString()).toBe('34')
    })

    test('past the end answers 416', async () => {
      const file = gcs.freshFile()
      await gcs.put(file, 'short')
      await expect(file.download({ start: 100 })).rejects.toMatchObject({ code: 416 })
    })

    test('begun before an overwrite ends with the generation it began with', async () => {
      const file = gcs.freshFile()
      const before = Buffer.alloc(24 * QUANTUM, 'a')
      await gcs.put(file, before)
      const answer = await fetch(gcs.objectUrl(file, '?alt=media'))
      const overwrite = { preconditionOpts: { ifGenerationMatch: await gcs.generationOf(file) } }
      await gcs.put(file, 'b', overwrite)
      expect(Buffer.from(await answer.arrayBuffer()).equals(before)).toBe(true)
      expect((await file.download())[0].toString()).toBe('b')
    })

    test('of what is not there is a 404, for contents, metadata, generation and bucket', async () => {
      const file = gcs.freshFile()
      await expect(file.download()).rejects.toMatchObject({ code: 404 })
      await expect(file.getMetadata()).rejects.toMatchObject({
        code: 404,
        errors: [{ reason: 'notFound', domain: 'global' }],
      })
      expect((await file.exists())[0]).toBe(false)
      await gcs.put(file, 'x')
      const other = gcs.bucket.file(file.name, { generation: 1 })
      await expect(other.download()).rejects.toMatchObject({ code: 404 })
      const nowhere = gcs.storage.bucket('no-such-bucket')
      await expect(nowhere.file('x').getMetadata()).rejects.toMatchObject({ code: 404 })
      await expect(gcs.put(nowhere.file('x'), 'x')).rejects.toMatchObject({ code: 404 })
      await expect(nowhere.getFiles()).rejects.toMatchObject({ code: 404 })
    })
  })
}
