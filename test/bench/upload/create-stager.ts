import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Storage } from '@google-cloud/storage'
import { createGcsObjectStore, createStorage } from '../../../src/adapters/gcs/index.ts'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { createUploadMemory } from '../../../src/intake/index.ts'
import { stageFile } from '../../../src/intake/stage-file.ts'

const CHUNK_BYTES = 65_536
const TURN_BYTES = 1_024 * 1_024
const TYPE = 'application/octet-stream'
const chunk = Buffer.alloc(CHUNK_BYTES, 7)

export interface StagerOptions {
  /** `held` and `stream` are ours; `pipe` a raw request, `client` the vendor's with its defaults. */
  readonly kind: string
  readonly endpoint: string
  readonly bucket: string
  /** Of a file. */
  readonly bytes: number
}

/** @returns puts a file of that name into the store */
export function createStager(options: StagerOptions): (name: string) => Promise<unknown> {
  const { kind, endpoint, bucket, bytes } = options
  if (kind === 'pipe') return (name) => rawPipe(options, name)
  if (kind === 'client') {
    const client = new Storage({ apiEndpoint: endpoint, projectId: 'bench' }).bucket(bucket)
    return (name) => pipeline(Readable.from(source(bytes)), client.file(name).createWriteStream())
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
    return (name) => objects.createFromStream(name, source(bytes), { contentType: TYPE })
  }
  const memory = createUploadMemory(64 * 1_024 * 1_024)
  const deps = { objects, memory, bufferedFileMaxBytes: bytes }
  const { signal } = new AbortController()
  return (name) => stageFile(deps, source(bytes), name, inspectSum(bytes), signal)
}

function* chunks(bytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes; at += CHUNK_BYTES) yield chunk
}

/** A turn of the loop for every megabyte: no socket hands over more in one. */
async function* source(bytes: number) {
  let turnBytes = 0
  for (const one of chunks(bytes)) {
    yield one
    turnBytes += CHUNK_BYTES
    if (turnBytes % TURN_BYTES === 0) await nextTurn()
  }
}

/** As intake looks at a file, without its SHA-256: that belongs to the reading of an upload. */
function inspectSum(sizeBytes: number) {
  const sum = createCrc32c()
  return {
    push: (bytes: Uint8Array) => sum.update(bytes),
    end: () => ({ sizeBytes, sha256: '', crc32c: sum.digest() }),
  }
}

function rawPipe({ endpoint, bucket, bytes }: StagerOptions, name: string): Promise<void> {
  const url = `${endpoint}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}`
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': TYPE, 'content-length': bytes }
    const req = request(url, { method: 'POST', headers }, (res) => {
      res.resume().once('end', () => {
        if (res.statusCode === 200) resolve()
        else reject(new Error(`the store answered ${res.statusCode}`))
      })
    })
    pipeline(Readable.from(source(bytes), { objectMode: false }), req).catch(reject)
  })
}
