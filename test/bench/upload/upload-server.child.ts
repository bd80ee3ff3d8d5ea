import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy } from '@fastify/busboy'
import { DataStore, Server as TusServer } from '@tus/server'
import express from 'express'
import { formidable } from 'formidable'
import multer from 'multer'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { readParts } from '../../../src/http/multipart.ts'

/** `node upload-server.child.ts KIND`: takes a form with files and throws the files away. */
const [, , kind = ''] = process.argv
const LIMITS = {
  maxFiles: 20,
  maxBytes: 64 * 1_024 * 1_024,
  idleTimeoutMs: 30_000,
  minBytesPerSecond: 0,
}
const clock = systemClock()

function sink(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}

function createHashes() {
  const [sha256, crc32c] = [createHash('sha256'), createCrc32c()]
  return {
    update: (chunk: Uint8Array) => {
      sha256.update(chunk)
      crc32c.update(chunk)
    },
    end: () => [sha256.digest('hex'), crc32c.digest()],
  }
}

async function readOurs(req: IncomingMessage): Promise<void> {
  for await (const { body } of readParts({ clock }, req, LIMITS)) {
    const hashes = createHashes()
    for await (const chunk of body) hashes.update(chunk)
    hashes.end()
  }
}

/** The least that a body can cost whose hashes are wanted. */
async function readHashed(req: IncomingMessage): Promise<void> {
  const hashes = createHashes()
  const hashing = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      hashes.update(chunk)
      done()
    },
  })
  await pipeline(req, hashing)
  hashes.end()
}

async function readBusboy(req: IncomingMessage): Promise<void> {
  const contentType = req.headers['content-type'] ?? ''
  const parser = new Busboy({ headers: { ...req.headers, 'content-type': contentType } })
  parser.on('file', (_field, stream) => void stream.pipe(sink()))
  await pipeline(req, parser)
}

async function readFormidable(req: IncomingMessage): Promise<void> {
  await formidable({ maxFileSize: LIMITS.maxBytes, fileWriteStreamHandler: sink }).parse(req)
}

/** The body in one piece, as a framework hands it over. */
function expressApp(): RequestListener {
  const app = express()
  app.post('/', express.raw({ type: () => true, limit: LIMITS.maxBytes }), (_req, res) => {
    res.end()
  })
  return app
}

/** Its own protocol: an upload created with its body, no form to be read. */
class SinkStore extends DataStore {
  override extensions = ['creation', 'creation-with-upload']
  override async write(stream: Readable): Promise<number> {
    let bytes = 0
    for await (const chunk of stream) bytes += chunk.byteLength
    return bytes
  }
}

function tusApp(): RequestListener {
  const server = new TusServer({ path: '/', datastore: new SinkStore() })
  return (req, res) => void server.handle(req, res)
}

function multerApp(storage: multer.StorageEngine): RequestListener {
  const app = express()
  app.post('/{*path}', multer({ storage }).any(), (_req, res) => void res.end())
  return app
}

function sinkStorage(): multer.StorageEngine {
  return {
    _handleFile: (_req, file, done) => {
      file.stream.pipe(sink()).once('finish', () => done(null, {}))
    },
    _removeFile: (_req, _file, done) => done(null),
  }
}

const READERS: Readonly<Record<string, (req: IncomingMessage) => Promise<unknown>>> = {
  pipe: (req) => pipeline(req, sink()),
  hashed: readHashed,
  ours: readOurs,
  busboy: readBusboy,
  formidable: readFormidable,
}

const APPS: Readonly<Record<string, () => RequestListener>> = {
  multer: () => multerApp(sinkStorage()),
  'multer-memory': () => multerApp(multer.memoryStorage()),
  tus: tusApp,
  express: expressApp,
}

function listenerOf(name: string): RequestListener {
  const app = APPS[name]
  if (app) return app()
  const read = READERS[name]
  if (!read) throw new Error(`no such reader: ${name}`)
  return (req, res) => {
    read(req).then(
      () => res.end(),
      () => res.destroy(),
    )
  }
}

const server = createServer(listenerOf(kind))
await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
process.send?.({ port: (server.address() as AddressInfo).port })
process.once('disconnect', () => process.exit(0))
