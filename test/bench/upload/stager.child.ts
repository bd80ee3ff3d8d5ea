import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Storage } from '@google-cloud/storage'
import * as z from 'zod'
import { createGcsObjectStore, createStorage } from '../../../src/adapters/gcs/index.ts'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'

/** `node stager.child.ts KIND ENDPOINT BUCKET BYTES`: stages a body of random bytes when told a name. */
const [, , kind = '', endpoint = '', bucket = '', bytes = '0'] = process.argv
const CHUNK_BYTES = 65_536
const TYPE = 'application/octet-stream'
const chunk = Buffer.alloc(CHUNK_BYTES, 7)
const orderSchema = z.object({ name: z.string() })

function* chunks(): Generator<Buffer> {
  for (let at = 0; at < Number(bytes); at += CHUNK_BYTES) yield chunk
}

function sumOfAll(): string {
  const sum = createCrc32c()
  for (const one of chunks()) sum.update(one)
  return sum.digest()
}

function rawPipe(name: string): Promise<void> {
  const url = `${endpoint}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}`
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': TYPE, 'content-length': Number(bytes) }
    const req = request(url, { method: 'POST', headers }, (res) => {
      res.resume().once('end', () => {
        if (res.statusCode === 200) resolve()
        else reject(new Error(`the store answered ${res.statusCode}`))
      })
    })
    pipeline(Readable.from(chunks(), { objectMode: false }), req).catch(reject)
  })
}

function stagerOf(): (name: string) => Promise<unknown> {
  if (kind === 'pipe') return rawPipe
  if (kind === 'client') {
    const client = new Storage({ apiEndpoint: endpoint, projectId: 'bench' }).bucket(bucket)
    return (name) => pipeline(Readable.from(chunks()), client.file(name).createWriteStream())
  }
  const objects = createGcsObjectStore({
    storage: createStorage({ apiEndpoint: endpoint, projectId: 'bench', checksum: createCrc32c }),
    bucket,
    clock: systemClock(),
    probe: () => undefined,
    checksum: createCrc32c,
    operationTimeoutMs: 30_000,
    readIdleTimeoutMs: 15_000,
  })
  // As intake does: the file is held, its checksum taken on the way, and sent along.
  if (kind === 'held') {
    return (name) => {
      const body = Buffer.concat([...chunks()])
      return objects.create(name, body, { contentType: TYPE, crc32c: sumOfAll() })
    }
  }
  return (name) => {
    async function* source() {
      yield* chunks()
    }
    return objects.createFromStream(name, source(), { contentType: TYPE })
  }
}

const stage = stagerOf()
process.on('message', (message) => {
  stage(orderSchema.parse(message).name).then(
    () => process.send?.({ ok: true }),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
      process.exit(1)
    },
  )
})
process.send?.({ ready: true })
process.once('disconnect', () => process.exit(0))
