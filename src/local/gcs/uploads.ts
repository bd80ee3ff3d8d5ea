import type { Answer } from './answer.ts'
import { commitUpload, objectAnswer, planUpload } from './commit-upload.ts'
import type { Disk, StoredBucket } from './disk.ts'
import { MultipartReader } from './multipart-reader.ts'
import { parseUploadMetadata, type UploadMetadata } from './records.ts'
import { type GcsRequest, parseJson } from './request.ts'

/** `uploadType=multipart`: metadata and contents in one request. */
export async function uploadMultipart(
  disk: Disk,
  bucket: StoredBucket,
  request: GcsRequest,
): Promise<Answer> {
  const parts = new MultipartReader(request.body, request.headers['content-type'])
  const metadata = parseUploadMetadata(parseJson(await parts.readMetadata()))
  const partType = await parts.readContentsHead()
  const contentType = metadata.contentType ?? partType
  return uploadWhole(disk, bucket, request, { ...metadata, contentType }, parts.contents())
}

/** `uploadType=media`: the body is the contents, the query names the object. */
export function uploadMedia(
  disk: Disk,
  bucket: StoredBucket,
  request: GcsRequest,
): Promise<Answer> {
  const contentType = request.headers['content-type']
  return uploadWhole(disk, bucket, request, { contentType }, request.body)
}

async function uploadWhole(
  disk: Disk,
  bucket: StoredBucket,
  request: GcsRequest,
  metadata: UploadMetadata,
  contents: AsyncIterable<Buffer>,
): Promise<Answer> {
  const plan = planUpload(request, bucket, metadata)
  await using incoming = await disk.receive()
  for await (const chunk of contents) await incoming.append(chunk)
  const object = await commitUpload(plan, incoming, request.headers)
  return objectAnswer(request, bucket, object)
}
