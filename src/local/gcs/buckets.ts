import { type Answer, ApiError, invalid, jsonAnswer, noSuchBucket } from './answer.ts'
import type { Disk, StoredBucket } from './disk.ts'
import { checkPreconditions } from './preconditions.ts'
import { bucketResource, isPlainObject, mergePatch } from './records.ts'
import { type GcsRequest, readJson } from './request.ts'

export function requireBucket(disk: Disk, name: string): StoredBucket {
  const bucket = disk.bucket(name)
  if (bucket === undefined) throw noSuchBucket()
  return bucket
}

export async function createBucket(disk: Disk, request: GcsRequest): Promise<Answer> {
  const body = await readJson(request.body)
  if (!isPlainObject(body)) throw invalid('A bucket resource is an object.')
  const { name, location, ...settings } = body
  const given = typeof location === 'string' ? { location: location.toUpperCase() } : {}
  const record = addBucket(disk, String(name), { ...settings, ...given })
  return jsonAnswer(bucketResource(request.origin, record))
}

/** Also what keeps bucket names fit to be file names. 400 for a bad name, 409 for a taken one. */
export function addBucket(disk: Disk, name: string, settings?: Record<string, unknown>) {
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(name)) {
    throw invalid(`Invalid bucket name: '${name}'`)
  }
  if (disk.bucket(name) !== undefined) {
    throw new ApiError(
      409,
      'conflict',
      'Your previous request to create the named bucket succeeded and you already own it.',
    )
  }
  return disk.createBucket(name, settings)
}

export function statBucket(bucket: StoredBucket, { origin, query }: GcsRequest): Answer {
  checkPreconditions(query, { generation: 0, ...bucket.record }, { isRead: true })
  return jsonAnswer(bucketResource(origin, bucket.record))
}

export async function updateBucket(
  disk: Disk,
  bucket: StoredBucket,
  request: GcsRequest,
): Promise<Answer> {
  const patched = mergePatch(bucket.record.settings, await readJson(request.body))
  if (!isPlainObject(patched)) throw invalid('A bucket resource is an object.')
  checkPreconditions(request.query, { generation: 0, ...bucket.record })
  return jsonAnswer(bucketResource(request.origin, disk.updateBucket(bucket, patched)))
}

/** All of them in one page: a local stack has a handful. */
export function listBuckets(disk: Disk, { origin, query }: GcsRequest): Answer {
  const prefix = query.get('prefix') ?? ''
  const records = disk.bucketRecords().filter(({ name }) => name.startsWith(prefix))
  const items = records.map((record) => bucketResource(origin, record))
  return jsonAnswer({ kind: 'storage#buckets', items })
}

/** Which of the asked permissions the caller has: all but what was denied. */
export function testPermissions({ query }: GcsRequest, denied: ReadonlySet<string>): Answer {
  const permissions = query.getAll('permissions').filter((asked) => !denied.has(asked))
  return jsonAnswer({ kind: 'storage#testIamPermissionsResponse', permissions })
}
