import { connect } from 'node:net'
import type { Stack } from '../../src/local/stack/index.ts'

const BOUNDARY = 'acceptance-boundary'
const CRLF = '\r\n'

/** One part, its header lines as they are sent. */
export interface RawPart {
  readonly headers: readonly string[]
  readonly body: Uint8Array | string
}

/** A part in the field `files`, whatever is in the name. */
export function filePart(name: string, body: Uint8Array | string = 'x', field = 'files'): RawPart {
  return { headers: [`Content-Disposition: form-data; name="${field}"; filename="${name}"`], body }
}

/** A form byte for byte, also such as no client library would write. */
export function formOf(parts: readonly RawPart[]): Buffer<ArrayBuffer> {
  const pieces = parts.flatMap(({ headers, body }) => [
    Buffer.from(`--${BOUNDARY}${CRLF}${headers.join(CRLF)}${CRLF}${CRLF}`),
    Buffer.from(body),
    Buffer.from(CRLF),
  ])
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--${CRLF}`)])
}

export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`

/** What a connection on which an upload is written by hand has heard so far. */
export interface RawUpload {
  /** False once the other side has closed. */
  write(bytes: Uint8Array | string): boolean
  /** As HTTP/1.1 chunks. */
  writeChunk(bytes: Uint8Array): boolean
  readonly heard: string
  /** Resolves when the other side answered a whole head, or closed. */
  readonly answered: Promise<string>
  readonly closed: Promise<void>
  destroy(): void
}

export function openUpload(
  stack: Stack,
  authorization: string,
  headers: readonly string[],
): RawUpload {
  const raw = openRaw(stack)
  raw.write(
    [
      'POST /v2/sync-local-files HTTP/1.1',
      'Host: local',
      `Authorization: ${authorization}`,
      `Content-Type: ${FORM_TYPE}`,
      ...headers,
      '',
      '',
    ].join(CRLF),
  )
  return raw
}

export function openRaw(stack: Stack): RawUpload {
  const { hostname, port } = new URL(stack.api)
  const socket = connect(Number(port), hostname)
  let heard = ''
  const answered = Promise.withResolvers<string>()
  const closed = Promise.withResolvers<void>()
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1')
    if (heard.includes('\r\n\r\n')) answered.resolve(heard)
  })
  socket.on('close', () => {
    answered.resolve(heard)
    closed.resolve()
  })
  const write = (bytes: Uint8Array | string) => {
    if (!socket.writable) return false
    socket.write(bytes)
    return true
  }
  return {
    write,
    writeChunk: (bytes) =>
      write(
        Buffer.concat([
          Buffer.from(`${bytes.length.toString(16)}${CRLF}`),
          bytes,
          Buffer.from(CRLF),
        ]),
      ),
    get heard() {
      return heard
    },
    answered: answered.promise,
    closed: closed.promise,
    destroy: () => void socket.destroy(),
  }
}
