import { type Answer, ApiError, invalid } from './answer.ts'
import {
  createBucket,
  listBuckets,
  requireBucket,
  statBucket,
  testPermissions,
  updateBucket,
} from './buckets.ts'
import type { Disk } from './disk.ts'
import type { GcsOperation } from './faults.ts'
import {
  copyObject,
  deleteObject,
  listObjects,
  readObject,
  statObject,
  updateObject,
} from './objects.ts'
import type { GcsRequest } from './request.ts'
import type { ResumableUploads } from './resumable-uploads.ts'
import { uploadMedia, uploadMultipart } from './uploads.ts'

/** A call understood but not made yet: faults and counters look at it first. */
export interface Call {
  operation: GcsOperation
  objectName: string | undefined
  run(): Promise<Answer>
}

export interface Parts {
  disk: Disk
  uploads: ResumableUploads
  /** What callers may not do with any bucket. */
  denied: ReadonlySet<string>
}

const BUCKETS = /^\/storage\/v1\/b$/
const BUCKET = /^\/storage\/v1\/b\/([^/]+)$/
const PERMISSIONS = /^\/storage\/v1\/b\/([^/]+)\/iam\/testPermissions$/
const OBJECTS = /^\/storage\/v1\/b\/([^/]+)\/o$/
const OBJECT = /^(?:\/download)?\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)$/
const COPY = /^\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)\/(?:rewriteTo|copyTo)\/b\/([^/]+)\/o\/([^/]+)$/
const UPLOADS = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/

/** Which call a request is. 404 for a path this server does not speak. */
export function routeCall(parts: Parts, request: GcsRequest): Call {
  for (const [pattern, route] of ROUTES) {
    const match = pattern.exec(request.path)
    if (match === null) continue
    const made = route(parts, request, match.slice(1).map(decode))
    if (made !== undefined) return made
  }
  throw new ApiError(404, 'notFound', `Not Found: ${request.method} ${request.path}`)
}

/** Undefined: the path is known, the method is not. */
type Route = (parts: Parts, request: GcsRequest, names: string[]) => Call | undefined

const routeBuckets: Route = ({ disk }, request) => {
  if (request.method === 'GET') return call('bucket', () => listBuckets(disk, request))
  if (request.method === 'POST') return call('bucket', () => createBucket(disk, request))
  return undefined
}

const routeBucket: Route = ({ disk }, request, [name = '']) => {
  const bucket = () => requireBucket(disk, name)
  if (request.method === 'GET') return call('bucket', () => statBucket(bucket(), request))
  if (request.method === 'PATCH') return call('bucket', () => updateBucket(disk, bucket(), request))
  return undefined
}

const routePermissions: Route = ({ disk, denied }, request, [name = '']) => {
  if (request.method !== 'GET') return undefined
  return call('bucket', () => {
    requireBucket(disk, name)
    return testPermissions(request, denied)
  })
}

const routeObjects: Route = ({ disk }, request, [bucket = '']) => {
  if (request.method !== 'GET') return undefined
  return call('list', () => listObjects(requireBucket(disk, bucket), request))
}

const routeObject: Route = ({ disk }, request, [bucketName = '', name = '']) => {
  const bucket = () => requireBucket(disk, bucketName)
  switch (request.method) {
    case 'GET':
      return isDownload(request)
        ? call('read', () => readObject(bucket(), name, request), name)
        : call('stat', () => statObject(bucket(), name, request), name)
    case 'PATCH':
      return call('update', () => updateObject(bucket(), name, request), name)
    case 'DELETE':
      return call('delete', () => deleteObject(bucket(), name, request), name)
    default:
      return undefined
  }
}

const routeCopy: Route = (
  { disk },
  request,
  [fromBucket = '', from = '', toBucket = '', to = ''],
) => {
  if (request.method !== 'POST') return undefined
  const run = () => {
    const source = { bucket: requireBucket(disk, fromBucket), name: from }
    return copyObject(disk, source, { bucket: requireBucket(disk, toBucket), name: to }, request)
  }
  return call('copy', run, to)
}

const routeUploads: Route = ({ disk, uploads }, request, [bucketName = '']) => {
  const { method, query, headers } = request
  const bucket = () => requireBucket(disk, bucketName)
  const uploadId = query.get('upload_id')
  if (uploadId !== null) {
    const name = uploads.nameOf(uploadId)
    if (method === 'DELETE') return call('session', () => uploads.cancel(request), name)
    const isQuery = headers['content-range']?.startsWith('bytes */') ?? false
    return call(isQuery ? 'session' : 'create', () => uploads.feed(request), name)
  }
  if (method !== 'POST') return undefined
  const name = query.get('name') ?? undefined
  switch (query.get('uploadType')) {
    case 'resumable':
      return call('session', () => uploads.start(bucket(), request), name)
    case 'multipart':
      return call('create', () => uploadMultipart(disk, bucket(), request), name)
    case 'media':
      return call('create', () => uploadMedia(disk, bucket(), request), name)
    default:
      throw invalid(`Invalid uploadType: ${query.get('uploadType')}`)
  }
}

const ROUTES: readonly (readonly [RegExp, Route])[] = [
  [BUCKETS, routeBuckets],
  [BUCKET, routeBucket],
  [PERMISSIONS, routePermissions],
  [OBJECTS, routeObjects],
  [OBJECT, routeObject],
  [COPY, routeCopy],
  [UPLOADS, routeUploads],
]

/** Its refusals are plain text, not JSON. */
export function isDownload(request: GcsRequest): boolean {
  return request.query.get('alt') === 'media' && request.method === 'GET'
}

function call(
  operation: GcsOperation,
  run: () => Answer | Promise<Answer>,
  objectName?: string,
): Call {
  return { operation, objectName, run: async () => run() }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    throw invalid(`Malformed path segment: ${segment}`, { cause })
  }
}
