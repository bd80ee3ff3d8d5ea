import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { type UploadPart, UploadRefusedError } from '../intake/index.ts'
import { SECOND_MS } from '../kernel/index.ts'
import type { Clock } from '../ports/index.ts'
import { ClientGoneError } from './errors.ts'
import { countParts } from './part-count.ts'
import { createPartQueue } from './part-queue.ts'

export interface MultipartOptions {
  readonly maxFiles: number
  readonly maxBytes: number
  /** A body that sends nothing for this long, while we are reading, is given up. */
  readonly idleTimeoutMs: number
  /** A body slower than this over an idle time, while we are reading, is given up; 0 for no limit. */
  readonly minBytesPerSecond: number
}

/** Boundaries and part headers may add this much to the files themselves. */
const FORM_OVERHEAD_BYTES = 256 * 1024
const FILES_FIELD = 'files'

/**
 * The files of a multipart upload, one after the other, as they arrive. However it ends, the request
 * is detached from the parser and drained, and no stream is left open.
 * @throws UploadRefusedError (`invalid_upload`, `upload_too_large`, `upload_timeout`) or ClientGoneError
 */
export async function* readParts(
  deps: { readonly clock: Clock },
  req: IncomingMessage,
  options: MultipartOptions,
): AsyncGenerator<UploadPart, void, undefined> {
  const parser = createParser(req, options)
  const queue = createPartQueue<UploadPart>()
  const open = new Set<Readable>()
  const fail = (error: Error) => {
    queue.fail(error)
    for (const stream of open) stream.destroy(error)
  }
  const parts = countParts(parser)
  let seen = 0
  parser.on('file', (field, stream, name) => {
    seen += 1
    open.add(stream)
    stream.once('close', () => open.delete(stream))
    stream.on('error', () => undefined)
    if (field !== FILES_FIELD) return fail(invalid(`files are sent in the field '${FILES_FIELD}'`))
    stream.once('limit', () => fail(tooLarge(options)))
    queue.push({ name: name ?? '', body: stream })
  })
  parser.on('field', () => {
    seen += 1
  })
  const limitReached = () => fail(tooManyParts(options))
  parser
    .once('filesLimit', limitReached)
    .once('fieldsLimit', limitReached)
    .once('partsLimit', limitReached)
  parser.once('error', (error) => fail(invalid('the form cannot be read', error)))
  parser.once('finish', () => {
    // A part that the parser passes over in silence would be audio nobody stored.
    if (parts() !== seen) fail(invalid('the form has a part without a usable name'))
    else queue.end()
  })
  const watching = watchBody(deps.clock, req, options, fail)
  req.pipe(parser)
  try {
    yield* queue.items()
  } finally {
    req.unpipe(parser)
    for (const stream of open) stream.destroy()
    req.resume()
    parser.destroy()
    await watching.stop()
  }
}

function createParser(req: IncomingMessage, options: MultipartOptions): BusboyInstance {
  const contentType = req.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    throw invalid('the body must be multipart/form-data')
  }
  if (Number(req.headers['content-length'] ?? 0) > options.maxBytes + FORM_OVERHEAD_BYTES) {
    throw tooLarge(options)
  }
  try {
    return new Busboy({
      headers: { ...req.headers, 'content-type': contentType },
      // Names come as sent, so that a separator in one is refused rather than cut away.
      preservePath: true,
      limits: {
        files: options.maxFiles,
        fileSize: options.maxBytes + 1,
        fields: 16,
        fieldSize: 4_096,
        parts: options.maxFiles + 17,
        headerPairs: 64,
        headerSize: 8_192,
      },
    })
  } catch (error) {
    throw invalid('the form has no boundary', error)
  }
}

/** Fails the upload when the client goes away, sends too much, or sends nothing for too long. */
function watchBody(
  clock: Clock,
  req: IncomingMessage,
  options: MultipartOptions,
  fail: (error: Error) => void,
): { stop(): Promise<void> } {
  const stopped = new AbortController()
  let receivedBytes = 0
  let lastMs = clock.monotonicMs()
  // The rate is judged over a stretch of at least the idle time in which nobody made the client wait.
  let stretch = { startMs: lastMs, bytes: 0 }
  const startStretch = () => {
    stretch = { startMs: clock.monotonicMs(), bytes: 0 }
  }
  const onData = (chunk: Buffer) => {
    lastMs = clock.monotonicMs()
    receivedBytes += chunk.byteLength
    stretch.bytes += chunk.byteLength
    if (receivedBytes > options.maxBytes + FORM_OVERHEAD_BYTES) fail(tooLarge(options))
  }
  const onClose = () => {
    if (!req.complete) fail(new ClientGoneError())
  }
  req.on('data', onData)
  req.on('pause', startStretch)
  req.on('resume', startStretch)
  req.once('close', onClose)
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      // Paused means that we are the slow side.
      const nowMs = clock.monotonicMs()
      if (req.isPaused()) lastMs = nowMs
      const leftMs = lastMs + options.idleTimeoutMs - nowMs
      if (leftMs <= 0) return fail(timedOut(`nothing was received for ${options.idleTimeoutMs} ms`))
      const stretchMs = nowMs - stretch.startMs
      if (!req.isPaused() && stretchMs >= options.idleTimeoutMs) {
        const wantedBytes = (options.minBytesPerSecond * stretchMs) / SECOND_MS
        if (stretch.bytes < wantedBytes) {
          return fail(
            timedOut(`less than ${options.minBytesPerSecond} bytes a second were received`),
          )
        }
        startStretch()
      }
      await clock.sleep(leftMs, stopped.signal)
    }
  })().catch((error: unknown) => {
    if (!stopped.signal.aborted) fail(error instanceof Error ? error : new Error(String(error)))
  })
  return {
    stop: async () => {
      req.off('data', onData)
      req.off('pause', startStretch)
      req.off('resume', startStretch)
      req.off('close', onClose)
      stopped.abort()
      await watching
    },
  }
}

function invalid(detail: string, cause?: unknown): UploadRefusedError {
  return new UploadRefusedError(detail, { code: 'invalid_upload', cause })
}

function tooLarge(options: MultipartOptions): UploadRefusedError {
  return new UploadRefusedError(`the upload holds more than ${options.maxBytes} bytes`, {
    code: 'upload_too_large',
  })
}

function tooManyParts(options: MultipartOptions): UploadRefusedError {
  return new UploadRefusedError(`the form holds more than ${options.maxFiles} files`, {
    code: 'upload_too_large',
  })
}

function timedOut(detail: string): UploadRefusedError {
  return new UploadRefusedError(detail, { code: 'upload_timeout' })
}
