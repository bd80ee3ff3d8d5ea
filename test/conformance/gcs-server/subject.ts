import { randomUUID } from 'node:crypto'
import { type Bucket, type File, type SaveOptions, Storage } from '@google-cloud/storage'
import { crc32c } from '@node-rs/crc32'
import { afterAll, beforeAll, expect } from 'vitest'

/** A server of the Cloud Storage JSON API, plain HTTP and without authentication. */
export interface GcsUnderTest {
  /** As for the client's `apiEndpoint`. */
  endpoint: string
  /** A bucket that exists and may be filled. */
  bucket: string
  close(): Promise<void>
}

/** Sessions keep bytes in multiples of this. */
export const QUANTUM = 256 * 1024

/**
 * On every upload: without a precondition, a single success switches the client's retries off
 * for good.
 */
export const createOnly = { ifGenerationMatch: 0 }

/** The running server through the official client, and over plain HTTP where that cannot ask. */
export interface GcsSubject {
  readonly endpoint: string
  readonly bucketName: string
  /** Retries nothing: what the server says is what the test sees. */
  readonly storage: Storage
  readonly bucket: Bucket
  freshFile(suffix?: string): File
  /** One request and create-only, unless `options` say otherwise. */
  put(file: File, contents: Buffer | string, options?: SaveOptions): Promise<void>
  generationOf(file: File): Promise<number>
  uploadUrl(query: Record<string, string>): string
  objectUrl(file: File, query?: string): string
  /** The URI of a new upload session. */
  openSession(file: File, query?: Record<string, string>): Promise<string>
  feed(
    session: string,
    contentRange: string,
    body: Uint8Array<ArrayBuffer> | null,
  ): Promise<Response>
}

/** Starts the server before the tests of the surrounding `describe` and closes it after them. */
export function gcsSubject(start: () => Promise<GcsUnderTest>): GcsSubject {
  let server: GcsUnderTest | undefined
  let client: Storage | undefined
  beforeAll(async () => {
    server = await start()
    const { endpoint: apiEndpoint } = server
    client = new Storage({ apiEndpoint, projectId: 'p', retryOptions: { autoRetry: false } })
  })
  afterAll(() => server?.close())
  const running = () => started(server)
  const storage = () => started(client)
  const bucket = () => storage().bucket(running().bucket)
  const uploadUrl = (query: Record<string, string>) =>
    `${running().endpoint}/upload/storage/v1/b/${running().bucket}/o?${new URLSearchParams(query)}`

  return {
    get endpoint() {
      return running().endpoint
    },
    get bucketName() {
      return running().bucket
    },
    get storage() {
      return storage()
    },
    get bucket() {
      return bucket()
    },
    freshFile: (suffix = 'object') => bucket().file(`${randomUUID()}/${suffix}`),
    put: (file, contents, options = {}) =>
      file.save(contents, { resumable: false, preconditionOpts: createOnly, ...options }),
    generationOf: async (file) => Number((await file.getMetadata())[0].generation),
    uploadUrl,
    objectUrl: (file, query = '') => {
      const objects = `${running().endpoint}/storage/v1/b/${running().bucket}/o`
      return `${objects}/${encodeURIComponent(file.name)}${query}`
    },
    openSession: async (file, query = {}) => {
      const url = uploadUrl({ uploadType: 'resumable', name: file.name, ...query })
      const opened = await fetch(url, { method: 'POST', body: '{}' })
      expect(opened.status).toBe(200)
      return opened.headers.get('location') ?? ''
    },
    feed: (session, contentRange, body) =>
      fetch(session, { method: 'PUT', headers: { 'content-range': contentRange }, body }),
  }
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('The server starts before the first test.')
  return part
}

/** As the API writes it: base64 of four big-endian bytes. */
export function base64Crc32c(contents: Buffer): string {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32c(contents))
  return sum.toString('base64')
}

/** A copy with a memory of its own, as `fetch` wants its bodies. */
export function slice(contents: Buffer, from: number, to?: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(contents.subarray(from, to))
}
