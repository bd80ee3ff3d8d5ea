import { type Answer, invalid, jsonAnswer } from './answer.ts'
import type { StoredBucket } from './disk.ts'
import type { IncomingContents } from './incoming-contents.ts'
import { checkPreconditions } from './preconditions.ts'
import { type ObjectRecord, objectResource, splitMetadata, type UploadMetadata } from './records.ts'
import type { GcsRequest } from './request.ts'

/** What an upload wants to become, known before its last byte. */
export interface UploadPlan {
  bucket: StoredBucket
  name: string
  metadata: UploadMetadata
  /** Its preconditions, checked in the commit itself. */
  query: URLSearchParams
}

/** 400 for a name the service refuses: empty, over 1,024 bytes, line breaks, `.` and `..`. */
export function planUpload(
  request: Pick<GcsRequest, 'query'>,
  bucket: StoredBucket,
  metadata: UploadMetadata,
): UploadPlan {
  const name = request.query.get('name') ?? metadata.name ?? ''
  if (name === '') throw invalid('Required parameter: name')
  if (Buffer.byteLength(name) > 1024 || /[\r\n]/.test(name) || name === '.' || name === '..') {
    throw invalid(`Invalid object name: ${name.slice(0, 80)}`)
  }
  return { bucket, name, metadata, query: request.query }
}

/**
 * The bytes are all here: hold them against the checksums sent along (400), then let them become
 * the object unless a precondition fails now (412). Hashes may come in the metadata or, as
 * `x-goog-hash`, in the headers of the request that ends the upload.
 */
export async function commitUpload(
  { bucket, name, metadata, query }: UploadPlan,
  incoming: IncomingContents,
  headers: GcsRequest['headers'],
): Promise<ObjectRecord> {
  const contents = await incoming.seal()
  const sent = hashHeader(headers['x-goog-hash'])
  checkHash('CRC32C', sent.get('crc32c') ?? metadata.crc32c, contents.crc32c)
  checkHash('MD5 hash', sent.get('md5') ?? metadata.md5Hash, contents.md5Hash)
  const { attributes } = splitMetadata(metadata)
  return bucket.objects.put(name, contents, attributes, (live) => checkPreconditions(query, live))
}

export function objectAnswer(
  request: GcsRequest,
  bucket: StoredBucket,
  object: ObjectRecord,
): Answer {
  return jsonAnswer(objectResource(request.origin, bucket.record.name, object))
}

/** `crc32c=…,md5=…`, in one header or several. */
function hashHeader(header: string | string[] | undefined): Map<string, string> {
  const pairs = [header ?? []].flat().flatMap((line) => line.split(','))
  return new Map(
    pairs.map((pair) => {
      const [kind = '', ...value] = pair.trim().split('=')
      return [kind, value.join('=')]
    }),
  )
}

function checkHash(kind: string, provided: string | undefined, calculated: string): void {
  if (provided === undefined || provided === calculated) return
  throw invalid(`Provided ${kind} "${provided}" doesn't match calculated ${kind} "${calculated}".`)
}
