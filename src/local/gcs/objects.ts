import { createReadStream, linkSync } from 'node:fs'
import { type Answer, ApiError, jsonAnswer, noSuchObject } from './answer.ts'
import { objectAnswer } from './commit-upload.ts'
import type { Disk, StoredBucket } from './disk.ts'
import { checkPreconditions, integerParameter } from './preconditions.ts'
import {
  etagOf,
  type ObjectRecord,
  objectResource,
  parseUploadMetadata,
  patchAttributes,
  splitMetadata,
} from './records.ts'
import { type GcsRequest, readJson } from './request.ts'

const MAX_PAGE = 1_000

export function listObjects(bucket: StoredBucket, { query, origin }: GcsRequest): Answer {
  const token = query.get('pageToken')
  const offset = query.get('startOffset') ?? ''
  const asked = integerParameter(query, 'maxResults') ?? MAX_PAGE
  const page = bucket.objects.page({
    start: token === null ? offset : Buffer.from(token, 'base64url').toString('utf8'),
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    endOffset: query.get('endOffset') ?? undefined,
    maxResults: asked === 0 ? MAX_PAGE : Math.min(asked, MAX_PAGE),
  })
  const items = page.items.flatMap((name) => bucket.objects.get(name) ?? [])
  const { nextStart, prefixes } = page
  return jsonAnswer({
    kind: 'storage#objects',
    ...(nextStart === undefined
      ? {}
      : { nextPageToken: Buffer.from(nextStart).toString('base64url') }),
    ...(prefixes.length > 0 ? { prefixes } : {}),
    ...(items.length > 0
      ? { items: items.map((item) => objectResource(origin, bucket.record.name, item)) }
      : {}),
  })
}

export function statObject(bucket: StoredBucket, name: string, request: GcsRequest): Answer {
  const live = requireLive(bucket, name, request.query.get('generation'))
  checkPreconditions(request.query, live, { isRead: true })
  return objectAnswer(request, bucket, live)
}

/** The bytes as stored (a gzip object is not unpacked), whole or one `range`. */
export function readObject(bucket: StoredBucket, name: string, request: GcsRequest): Answer {
  const live = requireLive(bucket, name, request.query.get('generation'))
  checkPreconditions(request.query, live, { isRead: true })
  const range = parseRange(request.headers.range, live.size)
  const first = range?.first ?? 0
  const last = range?.last ?? live.size - 1
  const part: Record<string, string> =
    range === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${live.size}` }
  const headers = { ...contentHeaders(live), ...part, 'content-length': String(last - first + 1) }
  const status = range === undefined ? 200 : 206
  if (live.size === 0) return { status, headers }
  const fd = bucket.objects.openContents(live)
  return { status, headers, body: createReadStream('', { fd, start: first, end: last }) }
}

export async function updateObject(
  bucket: StoredBucket,
  name: string,
  request: GcsRequest,
): Promise<Answer> {
  const patch = await readJson(request.body)
  const live = requireLive(bucket, name, request.query.get('generation'))
  checkPreconditions(request.query, live)
  const updated = bucket.objects.update(live, patchAttributes(live.attributes, patch))
  return objectAnswer(request, bucket, updated)
}

export function deleteObject(bucket: StoredBucket, name: string, { query }: GcsRequest): Answer {
  const live = requireLive(bucket, name, query.get('generation'))
  checkPreconditions(query, live)
  bucket.objects.remove(live)
  return { status: 204 }
}

interface Place {
  bucket: StoredBucket
  name: string
}

/**
 * `rewriteTo` (the answer wraps the new object) and `copyTo` (it is the new object), done in one
 * call. Contents never change, so a hard link is a copy.
 */
export async function copyObject(
  disk: Disk,
  from: Place,
  to: Place,
  request: GcsRequest,
): Promise<Answer> {
  const { query } = request
  const given = splitMetadata(parseUploadMetadata(await readJson(request.body))).attributes
  const source = requireLive(from.bucket, from.name, query.get('sourceGeneration'))
  checkPreconditions(query, source, { prefix: 'ifSource' })
  const path = disk.incomingPath()
  linkSync(from.bucket.objects.contentsPath(source), path)
  const attributes = Object.keys(given).length > 0 ? given : source.attributes
  const { size, crc32c, md5Hash } = source
  const contents = { path, size, crc32c, md5Hash }
  const copy = to.bucket.objects.put(to.name, contents, attributes, (live) =>
    checkPreconditions(query, live),
  )
  const resource = objectResource(request.origin, to.bucket.record.name, copy)
  if (request.path.includes('/copyTo/')) return jsonAnswer(resource)
  const objectSize = String(size)
  const kind = 'storage#rewriteResponse'
  return jsonAnswer({ kind, totalBytesRewritten: objectSize, objectSize, done: true, resource })
}

function requireLive(bucket: StoredBucket, name: string, generation: string | null): ObjectRecord {
  const live = bucket.objects.get(name)
  if (live === undefined || (generation !== null && generation !== String(live.generation))) {
    throw noSuchObject(bucket.record.name, name)
  }
  return live
}

function contentHeaders(live: ObjectRecord): Record<string, string> {
  const { contentType, contentEncoding, cacheControl, contentDisposition } = live.attributes
  return {
    'content-type': contentType ?? 'application/octet-stream',
    ...(contentEncoding === undefined ? {} : { 'content-encoding': contentEncoding }),
    ...(contentDisposition === undefined ? {} : { 'content-disposition': contentDisposition }),
    'cache-control': cacheControl ?? 'no-cache, no-store, max-age=0, must-revalidate',
    'accept-ranges': 'bytes',
    etag: etagOf(live),
    'x-goog-generation': String(live.generation),
    'x-goog-metageneration': String(live.metageneration),
    'x-goog-hash': `crc32c=${live.crc32c},md5=${live.md5Hash}`,
    'x-goog-storage-class': 'STANDARD',
    'x-goog-stored-content-encoding': contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(live.size),
  }
}

/** One range, cut to the object. Undefined: none asked, or a form HTTP lets a server ignore. */
function parseRange(
  header: string | undefined,
  size: number,
): { first: number; last: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  const [, first = '', last = ''] = match ?? []
  if (first === '' && last === '') return undefined
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (first !== '' && last !== '' && Number(last) < from) return undefined
  if (from >= size) {
    throw new ApiError(416, 'requestedRangeNotSatisfiable', 'Request range not satisfiable')
  }
  return { first: from, last: to }
}
