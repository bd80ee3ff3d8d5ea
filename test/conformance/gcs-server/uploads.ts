import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, test } from 'vitest'
import { base64Crc32c, createOnly, type GcsSubject, QUANTUM } from './subject.ts'

/** An object is what was sent, under the name it was sent for. */
export function uploadLaws(gcs: GcsSubject): void {
  describe('an upload', () => {
    test.for([
      ['in one request', { resumable: false }],
      ['in a session', { resumable: true }],
      ['in a session, chunk by chunk', { resumable: true, chunkSize: QUANTUM }],
    ] as const)('%s reads back byte for byte, with size and checksums', async ([, options]) => {
      const file = gcs.freshFile()
      const contents = randomBytes(QUANTUM * 2 + 12_345)
      await gcs.put(file, contents, { ...options, contentType: 'audio/x-test' })

      expect((await file.download())[0].equals(contents)).toBe(true)
      const [metadata] = await file.getMetadata()
      expect(metadata).toMatchObject({
        kind: 'storage#object',
        name: file.name,
        bucket: gcs.bucketName,
        contentType: 'audio/x-test',
        size: String(contents.length),
        crc32c: base64Crc32c(contents),
        md5Hash: createHash('md5').update(contents).digest('base64'),
        metageneration: '1',
      })
      expect(Date.parse(String(metadata.timeCreated))).toBeGreaterThan(0)
    })

    test.for([true, false])('of a stream of unknown length, resumable %s', async (resumable) => {
      const file = gcs.freshFile()
      const contents = randomBytes(3 * QUANTUM + 7)
      const sink = file.createWriteStream({ resumable, preconditionOpts: createOnly })
      await pipeline(Readable.from(pieces(contents, 10_000)), sink)
      expect(await buffer(file.createReadStream())).toEqual(contents)
    })

    test('of exactly two whole chunks ends with the second', async () => {
      const file = gcs.freshFile()
      const contents = randomBytes(2 * QUANTUM)
      await gcs.put(file, contents, { resumable: true, chunkSize: QUANTUM })
      expect((await file.download())[0].equals(contents)).toBe(true)
    })

    test.for([true, false])('of nothing makes an empty object, resumable %s', async (resumable) => {
      const file = gcs.freshFile()
      await gcs.put(file, '', { resumable })
      expect((await file.download())[0]).toHaveLength(0)
      expect((await file.getMetadata())[0]).toMatchObject({ size: '0', crc32c: 'AAAAAA==' })
    })

    test('keeps its custom metadata', async () => {
      const file = gcs.freshFile()
      const metadata = { cacheControl: 'no-store', metadata: { owner: 'ü', empty: '' } }
      await gcs.put(file, 'x', { metadata })
      expect((await file.getMetadata())[0]).toMatchObject(metadata)
    })

    test('may look like its own multipart delimiter', async () => {
      const file = gcs.freshFile()
      const contents = Buffer.from('\r\n--\r\n--b\r\n\r\n--boundar\r\n--boundary'.repeat(3_000))
      await gcs.put(file, contents)
      expect((await file.download())[0].equals(contents)).toBe(true)
    })

    test.for([
      'a/b//c/',
      '%2F%25+?#&=',
      'spaces and "quotes"',
      'ünï/日本/😀',
      '../../etc/passwd',
      '.json',
      'x'.repeat(980),
    ])('may carry the name %s', async (suffix) => {
      const file = gcs.freshFile(suffix)
      await gcs.put(file, suffix)
      expect((await file.download())[0].toString()).toBe(suffix)
      const [files] = await gcs.bucket.getFiles({ prefix: file.name })
      expect(files.map((each) => each.name)).toEqual([file.name])
    })

    test('whose name differs only by case or Unicode form is another object', async () => {
      const folder = randomUUID()
      const names = ['a', 'A', '\u00e9', 'e\u0301'].map((each) => `${folder}/${each}`)
      for (const each of names) await gcs.put(gcs.bucket.file(each), each)
      for (const each of names) {
        expect((await gcs.bucket.file(each).download())[0].toString()).toBe(each)
      }
    })

    test.for([
      { resumable: false, metadata: { crc32c: 'AAAAAA==' } },
      { resumable: false, metadata: { md5Hash: '1B2M2Y8AsgTpgAmY7PhCfg==' } },
      { resumable: true, metadata: { crc32c: 'AAAAAA==' } },
    ])('with a wrong checksum is refused and makes no object: %j', async (options) => {
      const file = gcs.freshFile()
      const refused = gcs.put(file, 'not empty', { ...options, validation: false })
      await expect(refused).rejects.toMatchObject({ code: 400 })
      expect((await file.exists())[0]).toBe(false)
    })

    test('with the right checksum sent along is accepted', async () => {
      const file = gcs.freshFile()
      const metadata = { crc32c: base64Crc32c(Buffer.from('right')) }
      await gcs.put(file, 'right', { metadata, validation: false })
      expect((await file.exists())[0]).toBe(true)
    })
  })
}

function* pieces(contents: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < contents.length; at += size) yield contents.subarray(at, at + size)
}
