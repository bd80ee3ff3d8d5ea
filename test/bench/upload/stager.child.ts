import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Storage } from '@google-cloud/storage'
import * as z from 'zod'
import { createGcsObjectStore, createStorage } from '../../../src/adapters/gcs/index.ts'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { createUploadMemory } from '../../../src/intake/index.ts'
import { stageFile } from '../../../src/intake/stage-file.ts'

/** `node stager.child.ts KIND ENDPOINT BUCKET BYTES`: stages a body of random bytes when told a name. */
const [, , kind = '', endpoint = '', bucket = '', bytes = '0'] = process.argv
const CHUNK_BYTES = 65_536
const TYPE = 'application/octet-stream'
const chunk = Buffer.alloc(CHUNK_BYTES, 7)
const orderSchema = z.object({ name: z.string() })

function* chunks(): Generator<Buffer> {
  for (let at = 0; at < Number(bytes); at += CHUNK_BYTES) yield chunk
}

async function* source() {
  yield* chunks()
}

/** As intake looks at a file, without its SHA-256: that belongs to the reading of an upload. */
function inspectSum() {
  const sum = createCrc32c()
  return {
    push: (bytes: Uint8Array) => sum.update(bytes),
    end: () => ({ sizeBytes: Number(bytes), sha256: '', crc32c: sum.digest() }),
  }
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
  if (kind === 'stream') {
    return (name) => objects.createFromStream(name, source(), { contentType: TYPE })
  }
  const memory = createUploadMemory(64 * 1_024 * 1_024)
  const deps = { objects, memory, bufferedFileMaxBytes: Number(bytes) }
  const { signal } = new AbortController()
  return (name) => stageFile(deps, source(), name, inspectSum(), signal)
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
