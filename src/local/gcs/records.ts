import { z } from 'zod'
import { toIso } from '../../kernel/index.ts'
import { invalid } from './answer.ts'

/** What a caller may say about an object; anything else it sends is ignored, as by the service. */
const attributesSchema = z.object({
  contentType: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentLanguage: z.string().optional(),
  cacheControl: z.string().optional(),
  customTime: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
})
export type Attributes = z.infer<typeof attributesSchema>

/** An object as it rests beside its contents. Sizes in bytes, checksums in base64, times in epoch ms. */
export const objectRecordSchema = z.object({
  name: z.string(),
  generation: z.number().int(),
  metageneration: z.number().int(),
  size: z.number().int(),
  crc32c: z.string(),
  md5Hash: z.string(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  attributes: attributesSchema,
})
export type ObjectRecord = z.infer<typeof objectRecordSchema>

/** A bucket as it rests; `settings` is what its creator and patchers sent, echoed back. */
export const bucketRecordSchema = z.object({
  name: z.string(),
  metageneration: z.number().int(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  settings: z.record(z.string(), z.unknown()),
})
export type BucketRecord = z.infer<typeof bucketRecordSchema>

const uploadMetadataSchema = attributesSchema.extend({
  name: z.string().optional(),
  crc32c: z.string().optional(),
  md5Hash: z.string().optional(),
})
export type UploadMetadata = z.infer<typeof uploadMetadataSchema>

/** The JSON sent with an upload or a copy. 400 when a field has the wrong type. */
export function parseUploadMetadata(value: unknown): UploadMetadata {
  const parsed = uploadMetadataSchema.safeParse(value)
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error))
  return parsed.data
}

/** The part that stays with the object, apart from its name and the checksums sent along. */
export function splitMetadata({ name, crc32c, md5Hash, ...attributes }: UploadMetadata) {
  return { name, crc32c, md5Hash, attributes }
}

/** RFC 7396: null removes, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isPlainObject(patch)) return patch
  const merged: Record<string, unknown> = isPlainObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = mergePatch(merged[key], value)
  }
  return merged
}

export function patchAttributes(attributes: Attributes, patch: unknown): Attributes {
  const parsed = attributesSchema.safeParse(mergePatch(attributes, patch))
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error))
  return parsed.data
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `storage#object` of the JSON API: 64-bit numbers are decimal strings, times ISO 8601. */
export function objectResource(origin: string, bucket: string, object: ObjectRecord) {
  const { name, generation, metageneration, attributes } = object
  const selfLink = `${origin}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`
  const media = `${origin}/download/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`
  return {
    kind: 'storage#object',
    id: `${bucket}/${name}/${generation}`,
    selfLink,
    mediaLink: `${media}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation: String(generation),
    metageneration: String(metageneration),
    storageClass: 'STANDARD',
    size: String(object.size),
    md5Hash: object.md5Hash,
    crc32c: object.crc32c,
    etag: etagOf(object),
    timeCreated: toIso(object.createdAtMs),
    updated: toIso(object.updatedAtMs),
    timeStorageClassUpdated: toIso(object.createdAtMs),
    timeFinalized: toIso(object.createdAtMs),
    ...attributes,
  }
}

/** `storage#bucket`: what was set on it, over the defaults the service fills in. */
export function bucketResource(origin: string, bucket: BucketRecord) {
  const { name, metageneration, settings } = bucket
  const defaults = {
    location: 'US',
    storageClass: 'STANDARD',
    iamConfiguration: {
      uniformBucketLevelAccess: { enabled: false },
      publicAccessPrevention: 'inherited',
    },
    softDeletePolicy: {
      retentionDurationSeconds: '604800',
      effectiveTime: toIso(bucket.createdAtMs),
    },
  }
  const shown = mergePatch(defaults, settings)
  return {
    ...(isPlainObject(shown) ? shown : {}),
    kind: 'storage#bucket',
    id: name,
    name,
    selfLink: `${origin}/storage/v1/b/${name}`,
    projectNumber: '0',
    metageneration: String(metageneration),
    etag: etagOf({ generation: 0, metageneration }),
    timeCreated: toIso(bucket.createdAtMs),
    updated: toIso(bucket.updatedAtMs),
  }
}

export function etagOf(of: { generation: number; metageneration: number }): string {
  return Buffer.from(`${of.generation}/${of.metageneration}`).toString('base64')
}
