import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy } from '@fastify/busboy'
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

async function readOurs(req: IncomingMessage): Promise<void> {
  for await (const { body } of readParts({ clock }, req, LIMITS)) {
    const [sha256, crc32c] = [createHash('sha256'), createCrc32c()]
    for await (const chunk of body) {
      sha256.update(chunk)
      crc32c.update(chunk)
    }
    sha256.digest('hex')
    crc32c.digest()
  }
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

function multerApp(): RequestListener {
  const storage: multer.StorageEngine = {
    _handleFile: (_req, file, done) => {
      file.stream.pipe(sink()).once('finish', () => done(null, {}))
    },
    _removeFile: (_req, _file, done) => done(null),
  }
  const app = express()
  app.post('/', multer({ storage }).any(), (_req, res) => void res.end())
  return app
}

const READERS: Readonly<Record<string, (req: IncomingMessage) => Promise<unknown>>> = {
  pipe: (req) => pipeline(req, sink()),
  ours: readOurs,
  busboy: readBusboy,
  formidable: readFormidable,
}

function listenerOf(name: string): RequestListener {
  if (name === 'multer') return multerApp()
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
